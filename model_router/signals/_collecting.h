/* Collecting: what collecting.py does, with the tests of places.py. */
#ifndef MODEL_ROUTER_COLLECTING_H
#define MODEL_ROUTER_COLLECTING_H

#include "_nodes.h"

/* ---- what stands where: the same tests as in places.py ---- */

static int
begins(const uint8_t *words, const uint8_t *marks, Py_ssize_t start)
{
    Py_ssize_t at = start;
    Py_ssize_t floor = start > 3 ? start - 3 : 0;
    while (at >= floor && marks[at] && strchr(" \t\"'*_`>#-([", marks[at]))
        at--;
    if (at >= floor)
        return marks[at] && strchr(".!?:;\n\r", marks[at]) != NULL;
    if (start < 4)
        return 1;
    for (at = 0; at < start; at++)
        if (!is_blank(words[at]))
            return 0;
    return 1;
}

static int
opens(const Automaton *self, const uint8_t *words, const uint8_t *marks, Py_ssize_t start,
      Py_ssize_t begin)
{
    Py_ssize_t before = start - (words[start] >= 0x80); /* no space belongs to these literals */
    if (before <= begin)
        return 1;
    return !self->inside[marks[before - 1]] && begins(words, marks, before);
}

static Py_ssize_t
skip_spaces(const uint8_t *words, Py_ssize_t length, Py_ssize_t at)
{
    while (at < length - 1 && words[at + 1] == ' ')
        at++;
    return at;
}

/* ---- what a pass finds ---- */

typedef struct {
    uint64_t fired[MOST_BITS / 64];
    int64_t lanes[LANES];
    uint32_t bits;      /* one more than the highest that fired */
    PyObject *actions;  /* a list, or NULL while there are none */
    uint8_t *heavy;     /* of the words that weigh: whether they were counted */
    uint8_t few[4096];
} Found;

static int
found_init(Found *found, const Automaton *self)
{
    size_t size = (self->count - self->plain) / 8 + 1;
    found->bits = 0;
    found->actions = NULL;
    memset(found->lanes, 0, sizeof(found->lanes));
    found->heavy = size <= sizeof(found->few) ? found->few : malloc(size);
    if (found->heavy == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memset(found->heavy, 0, size);
    return 0;
}

static void
found_clear(Found *found)
{
    if (found->heavy != found->few)
        free(found->heavy);
    Py_CLEAR(found->actions);
}

static void
fire(Found *found, uint32_t bit)
{
    if (bit >= found->bits) {
        uint32_t from = (found->bits + 63) / 64, to = bit / 64 + 1;
        for (uint32_t word = from; word < to; word++)
            found->fired[word] = 0;
        found->bits = bit + 1;
    }
    found->fired[bit / 64] |= (uint64_t)1 << bit % 64;
}

static void
weigh(Found *found, const Automaton *self, uint32_t word)
{
    uint8_t mask = (uint8_t)(1 << word % 8);
    if (found->heavy[word / 8] & mask)
        return;
    found->heavy[word / 8] |= mask;
    const int32_t *lanes = self->lanes + (size_t)word * LANES;
    for (int lane = 0; lane < LANES; lane++)
        found->lanes[lane] += lanes[lane];
}

static PyObject *
hit_of(uint32_t signal, Py_ssize_t start, Py_ssize_t end, PyObject *reading)
{
    PyObject *hit = PyTuple_New(4);
    if (hit == NULL)
        return NULL;
    PyTuple_SET_ITEM(hit, 0, PyLong_FromUnsignedLong(signal));
    PyTuple_SET_ITEM(hit, 1, PyLong_FromSsize_t(start));
    PyTuple_SET_ITEM(hit, 2, PyLong_FromSsize_t(end));
    PyTuple_SET_ITEM(hit, 3, Py_NewRef(reading));
    if (PyErr_Occurred())
        Py_CLEAR(hit);
    return hit;
}

static int
name_action(Found *found, uint32_t signal, Py_ssize_t start, Py_ssize_t end, PyObject *reading)
{
    if (found->actions == NULL && (found->actions = PyList_New(0)) == NULL)
        return -1;
    PyObject *hit = hit_of(signal, start, end, reading);
    if (hit == NULL)
        return -1;
    int done = PyList_Append(found->actions, hit);
    Py_DECREF(hit);
    return done;
}

static PyObject *
fired_number(const Found *found)
{
    uint8_t bytes[MOST_BITS / 8];
    size_t size = (found->bits + 7) / 8;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(found->fired[i / 8] >> 8 * (i % 8));
    return number_of(bytes, size, 0);
}

/* Counts one literal that was found. -1 with an exception set when memory runs out. */
static int
count(Found *found, const Automaton *self, uint32_t index, const uint8_t *words,
      const uint8_t *marks, Py_ssize_t length, Py_ssize_t end, Py_ssize_t *begin,
      PyObject *reading)
{
    const Literal *literal = &self->literals[index];
    Py_ssize_t start = end - literal->length;
    if (index >= self->plain)
        weigh(found, self, index - self->plain);
    else if (literal->role == ANY)
        fire(found, literal->what);
    else if (literal->role == ACTION)
        return name_action(found, literal->what, start, end, reading);
    else if (opens(self, words, marks, start, *begin)) {
        if (literal->role == HEAD)
            fire(found, literal->what);
        else
            *begin = skip_spaces(words, length, end - 1);
    }
    return 0;
}

static int
pass_over(Found *found, const Automaton *self, const uint8_t *words, const uint8_t *marks,
          Py_ssize_t length, PyObject *reading)
{
    const uint32_t *rows = self->rows;
    uint32_t node = 0;
    Py_ssize_t begin = 0;
    for (Py_ssize_t at = 0; at < length; at++) {
        if (!node) {
            while (at < length && !self->starts[words[at]])
                at++;
            if (at == length)
                break;
        }
        if (rows && (!node || self->nodes[node].row)) { /* a row says itself whether one ends */
            size_t row = (size_t)self->nodes[node].row << self->shift;
            uint32_t entry = rows[row + self->class_of[words[at]]];
            node = (entry & ~TELLS) >> self->shift;
            if (!(entry & TELLS))
                continue;
        } else {
            node = step(self, node, words[at]);
            if (!(self->nodes[node].marks & TOLD))
                continue;
        }
        for (uint32_t told = self->nodes[node].told; told; told = shorter(self, told))
            for (uint32_t next = self->nodes[told].ends; next; next = self->literals[next - 1].same)
                if (count(found, self, next - 1, words, marks, length, at + 1, &begin, reading) < 0)
                    return -1;
    }
    return 0;
}

#endif
