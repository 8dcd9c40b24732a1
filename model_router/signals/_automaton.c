/* Automaton: many literals looked for in one pass over the bytes of a reading.
 *
 * What signals/automaton.py does, for machines on which a compiler was there when the package was
 * installed. The two give the same from the same tables; tests hold them together.
 *
 * An Aho-Corasick automaton. Nodes are numbered depth first, so that the rest of a literal lies in
 * one or two lines of the cache; those near the root, where most steps end, have a row with an
 * entry for every class of bytes, their failures resolved. Nothing is written to it once it is
 * built.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../_lanes.h"

#define MOST_BITS 8192          /* signals of one lexicon */
#define MOST_DENSE 32768        /* an automaton with more nodes has rows for some of them only, */
#define DENSE_DEPTH 3           /* those up to so far from the root */
#define TELLS 0x80000000u       /* set in a row's entry where a literal ends */
#define MOST_LITERALS (1 << 20)
#define MOST_LENGTH 4096        /* bytes of a literal */
#define MOST_NODES (1 << 21)

enum { ANY, HEAD, LEAD, ACTION };

typedef struct {
    uint32_t what; /* of a signal: its bit or its index */
    uint32_t same; /* the next literal of the same bytes, plus 1 */
    uint16_t length;
    uint8_t role;
} Literal;

typedef struct {
    uint32_t sibling; /* the next child of the same parent, or 0 */
    uint32_t fail;    /* where to go on when no child fits */
    uint32_t ends;    /* the first literal that ends here, plus 1 */
    uint32_t told;    /* this node if a literal ends here, or the nearest on the way of failures */
    uint16_t row;     /* which row it has, or 0: only the root has the first */
    uint8_t label;    /* the byte that leads here */
    uint8_t marks;    /* PARENT: it has children, the first is the next node; TOLD: something ends */
} Node;

enum { PARENT = 1, TOLD = 2 };

typedef struct {
    PyObject_HEAD
    Literal *literals;
    int32_t *lanes;     /* LANES of each literal from `plain` on */
    uint32_t count, plain;
    Node *nodes;
    uint32_t size;      /* nodes */
    uint32_t *rows;     /* the node to which each class of bytes leads, and whether it TELLS */
    uint32_t shift;     /* a row has 1 << shift entries */
    uint32_t classes, dense;
    uint16_t class_of[256];
    uint8_t starts[256]; /* whether a literal begins with this byte */
    uint8_t inside[256]; /* places.INSIDE */
    uint8_t table[256];  /* reading.WORDS_TABLE */
} Automaton;

/* ---- building ---- */

typedef struct {
    const uint8_t *bytes;
    uint32_t length;
    uint32_t index;
} Sorted;

static int
by_bytes(const void *one, const void *other)
{
    const Sorted *a = one, *b = other;
    uint32_t least = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->bytes, b->bytes, least);
    if (order)
        return order;
    if (a->length != b->length)
        return a->length < b->length ? -1 : 1;
    return a->index < b->index ? -1 : 1;
}

static uint32_t
child_of(const Automaton *self, uint32_t node, uint8_t byte)
{
    uint32_t child = self->nodes[node].marks & PARENT ? node + 1 : 0;
    while (child && self->nodes[child].label != byte)
        child = self->nodes[child].sibling;
    return child;
}

static inline uint32_t
step(const Automaton *self, uint32_t node, uint8_t byte)
{
    while (node && !self->nodes[node].row) {
        uint32_t child = child_of(self, node, byte);
        if (child)
            return child;
        node = self->nodes[node].fail;
    }
    size_t row = (size_t)self->nodes[node].row << self->shift;
    return (self->rows[row + self->class_of[byte]] & ~TELLS) >> self->shift;
}

/* The next node at which a literal ends, or the last before `stop`. `at` is left behind its byte. */
static uint32_t
step_to_told(const Automaton *self, uint32_t node, const uint8_t *data, Py_ssize_t *at,
             Py_ssize_t stop)
{
    Py_ssize_t here = *at;
    if (self->dense == self->size) {
        const uint32_t *rows = self->rows;
        const uint16_t *class_of = self->class_of;
        uint32_t entry = node << self->shift;
        while (here < stop && !(entry & TELLS))
            entry = rows[entry + class_of[data[here++]]];
        node = (entry & ~TELLS) >> self->shift;
    } else {
        do
            node = step(self, node, data[here++]);
        while (here < stop && !(self->nodes[node].marks & TOLD));
    }
    *at = here;
    return node;
}

typedef struct {
    uint32_t *above; /* of each node: its parent */
    uint16_t *depth;
    uint32_t *order; /* the nodes by depth */
} Growth;

/* The nodes of all literals, depth first: each shares what it can with the one before. */
static void
grow(Automaton *self, const Sorted *sorted, Growth *growth)
{
    uint32_t path[MOST_LENGTH + 1] = {0}, common;
    self->size = 1;
    for (uint32_t i = 0; i < self->count; i++) {
        const Sorted *one = &sorted[i], *last = i ? one - 1 : NULL;
        for (common = 0; last && common < last->length && common < one->length; common++)
            if (last->bytes[common] != one->bytes[common])
                break;
        for (uint32_t depth = common; depth < one->length; depth++) {
            uint32_t node = self->size++, above = path[depth];
            if (self->nodes[above].marks & PARENT) /* which is what the last literal went through */
                self->nodes[path[depth + 1]].sibling = node;
            self->nodes[above].marks |= PARENT;
            self->nodes[node].label = one->bytes[depth];
            growth->above[node] = above;
            growth->depth[node] = (uint16_t)(depth + 1);
            path[depth + 1] = node;
        }
        uint32_t *tail = &self->nodes[path[one->length]].ends;
        while (*tail)
            tail = &self->literals[*tail - 1].same;
        *tail = one->index + 1;
    }
}

static int
order_by_depth(const Automaton *self, Growth *growth)
{
    uint32_t places[MOST_LENGTH + 2] = {0};
    for (uint32_t node = 0; node < self->size; node++)
        places[growth->depth[node] + 1]++;
    for (uint32_t depth = 0; depth <= MOST_LENGTH; depth++)
        places[depth + 1] += places[depth];
    growth->order = malloc((size_t)self->size * sizeof(uint32_t));
    if (growth->order == NULL)
        return -1;
    for (uint32_t node = 0; node < self->size; node++)
        growth->order[places[growth->depth[node]]++] = node;
    return 0;
}

/* Where a node leads when none of its children fits, and what ends on the way. */
static void
link_up(Automaton *self, const Growth *growth)
{
    for (uint32_t i = 1; i < self->size; i++) {
        uint32_t node = growth->order[i], fail = 0;
        if (growth->depth[node] > 1) {
            uint32_t from = self->nodes[growth->above[node]].fail;
            while (!(fail = child_of(self, from, self->nodes[node].label)) && from)
                from = self->nodes[from].fail;
        }
        self->nodes[node].fail = fail;
        self->nodes[node].told = self->nodes[node].ends ? node : self->nodes[fail].told;
        self->nodes[node].marks |= self->nodes[node].told ? TOLD : 0;
    }
}

/* The nearest node after `told` on the way of failures at which a literal ends, or 0. */
static inline uint32_t
shorter(const Automaton *self, uint32_t told)
{
    return self->nodes[self->nodes[told].fail].told;
}

static void
fill_row(Automaton *self, uint32_t node)
{
    uint32_t *row = self->rows + ((size_t)self->nodes[node].row << self->shift);
    size_t fail = (size_t)self->nodes[self->nodes[node].fail].row << self->shift;
    if (node)
        memcpy(row, self->rows + fail, self->classes * sizeof(uint32_t));
    uint32_t child = self->nodes[node].marks & PARENT ? node + 1 : 0;
    for (; child; child = self->nodes[child].sibling)
        row[self->class_of[self->nodes[child].label]] =
            child << self->shift | (self->nodes[child].told ? TELLS : 0);
}

/* Rows for the nodes near the root, or for all where they are not too many. */
static int
fill_rows(Automaton *self, const Growth *growth)
{
    int all = self->size <= MOST_DENSE;
    for (uint32_t node = 1; node < self->size; node++) {
        uint16_t *class = &self->class_of[self->nodes[node].label];
        if (!*class)
            *class = (uint16_t)self->classes++;
        if ((all || growth->depth[node] <= DENSE_DEPTH) && self->dense < MOST_DENSE)
            self->nodes[node].row = (uint16_t)self->dense++;
    }
    for (uint32_t child = self->size > 1; child; child = self->nodes[child].sibling)
        self->starts[self->nodes[child].label] = 1;
    while (1u << self->shift < self->classes)
        self->shift++;
    self->rows = calloc((size_t)self->dense << self->shift, sizeof(uint32_t));
    if (self->rows == NULL)
        return -1;
    for (uint32_t i = 0; i < self->size; i++)
        if (!growth->order[i] || self->nodes[growth->order[i]].row)
            fill_row(self, growth->order[i]);
    return 0;
}

/* Literals and what they mean from the arguments; `total` is the number of their bytes. */
static int
take_literals(Automaton *self, PyObject *literals, const uint8_t *roles, const uint32_t *whats,
              Sorted *sorted, size_t *total)
{
    for (uint32_t i = 0; i < self->count; i++) {
        PyObject *item = PyList_GET_ITEM(literals, i);
        if (!PyBytes_Check(item) || PyBytes_GET_SIZE(item) < 1 || PyBytes_GET_SIZE(item) > MOST_LENGTH) {
            PyErr_SetString(PyExc_ValueError, "a literal has 1 to 4096 bytes");
            return -1;
        }
        uint32_t length = (uint32_t)PyBytes_GET_SIZE(item);
        sorted[i] = (Sorted){(const uint8_t *)PyBytes_AS_STRING(item), length, i};
        self->literals[i] = (Literal){i < self->plain ? whats[i] : 0, 0, (uint16_t)length,
                                      i < self->plain ? roles[i] : ANY};
        if (i < self->plain && roles[i] > ACTION) {
            PyErr_SetString(PyExc_ValueError, "a role is out of range");
            return -1;
        }
        if (i < self->plain && roles[i] != ACTION && whats[i] >= MOST_BITS) {
            PyErr_SetString(PyExc_OverflowError, "the signals are too many");
            return -1;
        }
        *total += length;
    }
    if (*total > MOST_NODES) {
        PyErr_SetString(PyExc_OverflowError, "the literals are too many");
        return -1;
    }
    return 0;
}

static int
take_lanes(Automaton *self, const uint8_t *packed)
{
    size_t cells = (size_t)(self->count - self->plain) * LANES;
    self->lanes = malloc((cells + 1) * sizeof(int32_t));
    if (self->lanes == NULL)
        return -1;
    for (size_t i = 0; i < cells; i++) {
        const uint8_t *at = packed + 4 * i;
        uint32_t lane = at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
        self->lanes[i] = (int32_t)((int64_t)lane - HALF);
    }
    return 0;
}

/* Gives back what was reserved for nodes that literals share. */
static void
shrink(Automaton *self)
{
    void *nodes = realloc(self->nodes, self->size * sizeof(Node));
    self->nodes = nodes ? nodes : self->nodes;
}

static int
build(Automaton *self, PyObject *literals, const uint8_t *roles, const uint32_t *whats,
      const uint8_t *packed)
{
    int done = -1;
    size_t total = 1;
    Growth growth = {NULL, NULL, NULL};
    Sorted *sorted = malloc(((size_t)self->count + 1) * sizeof(Sorted));
    self->literals = malloc(((size_t)self->count + 1) * sizeof(Literal));
    if (sorted == NULL || self->literals == NULL || take_lanes(self, packed) < 0)
        goto end;
    if (take_literals(self, literals, roles, whats, sorted, &total) < 0)
        goto end;
    qsort(sorted, self->count, sizeof(Sorted), by_bytes);
    self->nodes = calloc(total, sizeof(Node));
    growth.above = calloc(total, sizeof(uint32_t));
    growth.depth = calloc(total, sizeof(uint16_t));
    if (!self->nodes || !growth.above || !growth.depth)
        goto end;
    grow(self, sorted, &growth);
    if (order_by_depth(self, &growth) < 0)
        goto end;
    link_up(self, &growth);
    done = fill_rows(self, &growth);
    if (self->size < total && done == 0)
        shrink(self);
end:
    free(sorted);
    free(growth.above);
    free(growth.depth);
    free(growth.order);
    if (done < 0 && !PyErr_Occurred())
        PyErr_NoMemory();
    return done;
}

static PyObject *
automaton_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"literals", "roles", "whats", "lanes", "inside", "table", NULL};
    PyObject *literals;
    Py_buffer roles, whats, lanes, inside, table;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!y*y*y*y*y*", names, &PyList_Type, &literals,
                                     &roles, &whats, &lanes, &inside, &table))
        return NULL;
    Automaton *self = NULL;
    Py_ssize_t count = PyList_GET_SIZE(literals), plain = roles.len;
    if (count > MOST_LITERALS || plain > count || whats.len != 4 * plain ||
        lanes.len != 4 * LANES * (count - plain) ||
        inside.len != 256 || table.len != 256) {
        PyErr_SetString(PyExc_ValueError, "the tables do not fit one another");
        goto end;
    }
    self = (Automaton *)type->tp_alloc(type, 0);
    if (self == NULL)
        goto end;
    self->count = (uint32_t)count;
    self->plain = (uint32_t)plain;
    self->classes = self->dense = 1; /* the bytes that no literal has; the root */
    memcpy(self->inside, inside.buf, 256);
    memcpy(self->table, table.buf, 256);
    if (build(self, literals, roles.buf, whats.buf, lanes.buf) < 0)
        Py_CLEAR(self);
end:
    PyBuffer_Release(&roles);
    PyBuffer_Release(&whats);
    PyBuffer_Release(&lanes);
    PyBuffer_Release(&inside);
    PyBuffer_Release(&table);
    return (PyObject *)self;
}

static void
automaton_dealloc(Automaton *self)
{
    PyTypeObject *type = Py_TYPE(self);
    void *owned[] = {self->literals, self->lanes, self->nodes, self->rows};
    for (size_t i = 0; i < sizeof(owned) / sizeof(*owned); i++)
        free(owned[i]);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

/* ---- what stands where: the same tests as in places.py ---- */

static int
is_blank(uint8_t byte) /* bytes.isspace */
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

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
    uint32_t node = 0;
    Py_ssize_t begin = 0;
    for (Py_ssize_t at = 0; at < length; at++) {
        if (!node) {
            while (at < length && !self->starts[words[at]])
                at++;
            if (at == length)
                break;
        }
        node = step(self, node, words[at]);
        if (!(self->nodes[node].marks & TOLD))
            continue;
        for (uint32_t told = self->nodes[node].told; told; told = shorter(self, told))
            for (uint32_t next = self->nodes[told].ends; next; next = self->literals[next - 1].same)
                if (count(found, self, next - 1, words, marks, length, at + 1, &begin, reading) < 0)
                    return -1;
    }
    return 0;
}

/* ---- methods ---- */

static int
is_reading(PyObject *reading)
{
    if (PyTuple_Check(reading) && PyTuple_GET_SIZE(reading) == 2 &&
        PyBytes_Check(PyTuple_GET_ITEM(reading, 0)) && PyBytes_Check(PyTuple_GET_ITEM(reading, 1)) &&
        PyBytes_GET_SIZE(PyTuple_GET_ITEM(reading, 0)) ==
            PyBytes_GET_SIZE(PyTuple_GET_ITEM(reading, 1)))
        return 1;
    PyErr_SetString(PyExc_TypeError, "a reading is two bytes objects of one length");
    return 0;
}

static PyObject *
told(Found *found, PyObject *more)
{
    PyObject *actions = found->actions ? found->actions : Py_None;
    PyObject *fired = fired_number(found), *weight = lanes_number(found->lanes), *told = NULL;
    if (fired && weight)
        told = more ? PyTuple_Pack(4, fired, weight, actions, more)
                    : PyTuple_Pack(3, fired, weight, actions);
    Py_XDECREF(fired);
    Py_XDECREF(weight);
    return told;
}

PyDoc_STRVAR(collect_doc,
"collect(reading) -> (fired, weight, actions)\n\n"
"The bits that fire in a reading, the weight of its words as lanes, and its named actions, still\n"
"to be judged: a list of (signal, start, end, reading), or None when there are none.");

static PyObject *
automaton_collect(Automaton *self, PyObject *reading)
{
    if (!is_reading(reading))
        return NULL;
    Found found;
    if (found_init(&found, self) < 0)
        return NULL;
    PyObject *words = PyTuple_GET_ITEM(reading, 0), *given = NULL;
    const uint8_t *marks = (const uint8_t *)PyBytes_AS_STRING(PyTuple_GET_ITEM(reading, 1));
    if (pass_over(&found, self, (const uint8_t *)PyBytes_AS_STRING(words), marks,
                  PyBytes_GET_SIZE(words), reading) == 0)
        given = told(&found, NULL);
    found_clear(&found);
    return given;
}

PyDoc_STRVAR(collect_ascii_doc,
"collect_ascii(text) -> (fired, weight, actions, reading)\n\n"
"The same of an ASCII text, which is read first. ValueError for any other text.");

static PyObject *
automaton_collect_ascii(Automaton *self, PyObject *given_text)
{
    if (!PyUnicode_Check(given_text) || !PyUnicode_IS_ASCII(given_text)) {
        PyErr_SetString(PyExc_ValueError, "takes an ASCII text");
        return NULL;
    }
    const uint8_t *text = PyUnicode_1BYTE_DATA(given_text);
    Py_ssize_t size = PyUnicode_GET_LENGTH(given_text), length = size + 2;
    PyObject *words = PyBytes_FromStringAndSize(NULL, length), *given = NULL, *reading = NULL;
    PyObject *marks = PyBytes_FromStringAndSize(NULL, length);
    if (words == NULL || marks == NULL || (reading = PyTuple_Pack(2, words, marks)) == NULL)
        goto end;
    uint8_t *mark = (uint8_t *)PyBytes_AS_STRING(marks);
    uint8_t *word = (uint8_t *)PyBytes_AS_STRING(words);
    mark[0] = word[0] = mark[length - 1] = word[length - 1] = ' ';
    memcpy(mark + 1, text, (size_t)size);
    for (Py_ssize_t i = 0; i < size; i++)
        word[i + 1] = self->table[text[i]];
    Found found;
    if (found_init(&found, self) < 0)
        goto end;
    if (pass_over(&found, self, word, mark, length, reading) == 0)
        given = told(&found, reading);
    found_clear(&found);
end:
    Py_XDECREF(words);
    Py_XDECREF(marks);
    Py_XDECREF(reading);
    return given;
}

PyDoc_STRVAR(find_doc,
"find(data, overlapping=True) -> [(literal, start, end)]\n\n"
"Every place at which a literal is found, in the order of their ends, the longest first.");

static PyObject *
automaton_find(Automaton *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 1 || nargs > 2 || !PyBytes_Check(args[0])) {
        PyErr_SetString(PyExc_TypeError, "takes bytes");
        return NULL;
    }
    const uint8_t *data = (const uint8_t *)PyBytes_AS_STRING(args[0]);
    Py_ssize_t length = PyBytes_GET_SIZE(args[0]);
    PyObject *found = PyList_New(0);
    uint32_t node = 0;
    for (Py_ssize_t at = 0; found && at < length;) {
        node = step_to_told(self, node, data, &at, length);
        for (uint32_t told = self->nodes[node].told; told; told = shorter(self, told))
            for (uint32_t next = self->nodes[told].ends; next; next = self->literals[next - 1].same) {
                Py_ssize_t start = at - self->literals[next - 1].length;
                PyObject *hit = Py_BuildValue("(Inn)", next - 1, start, at);
                if (hit == NULL || PyList_Append(found, hit) < 0) {
                    Py_XDECREF(hit);
                    Py_DECREF(found);
                    return NULL;
                }
                Py_DECREF(hit);
            }
    }
    return found;
}

/* ---- named actions of long texts ---- */

#define OVERLAP 128    /* automaton.OVERLAP: no literal is longer */
#define STREAMS 4      /* parts of a piece that are read side by side */
#define MOST_TOLD 256  /* places in each of them at which literals may end */

typedef struct {
    Py_ssize_t at; /* behind the byte */
    uint32_t node;
} Told;

typedef struct {
    Py_ssize_t start, end;
    uint32_t signal;
} Named;

typedef struct {
    Named *named;
    size_t count, room;
} Names;

/* Adds the actions that end at a place and begin in `first`:`last`. -1 when memory runs out. */
static int
add_names(Names *names, const Automaton *self, Told place, Py_ssize_t first, Py_ssize_t last)
{
    for (uint32_t told = self->nodes[place.node].told; told; told = shorter(self, told))
        for (uint32_t next = self->nodes[told].ends; next; next = self->literals[next - 1].same) {
            const Literal *literal = &self->literals[next - 1];
            Py_ssize_t start = place.at - literal->length;
            if (start < first || start >= last || literal->role != ACTION || next > self->plain)
                continue;
            if (names->count == names->room) {
                size_t room = 2 * names->room + 64;
                Named *grown = realloc(names->named, room * sizeof(Named));
                if (grown == NULL)
                    return -1;
                names->named = grown;
                names->room = room;
            }
            names->named[names->count++] = (Named){start, place.at, literal->what};
        }
    return 0;
}

/* Reads from `at` to `stop` and adds what begins in `first`:`last`. */
static int
name_on(Names *names, const Automaton *self, uint32_t node, const uint8_t *data, Py_ssize_t at,
        Py_ssize_t stop, Py_ssize_t first, Py_ssize_t last)
{
    while (at < stop) {
        node = step_to_told(self, node, data, &at, stop);
        if (add_names(names, self, (Told){at, node}, first, last) < 0)
            return -1;
    }
    return 0;
}

/* Reads `count` bytes of each stream, which does not wait for memory as long as one would. 0 when
 * literals end at more places than there is room for. */
static int
read_streams(const Automaton *self, const uint8_t *const *streams, Py_ssize_t count,
             uint32_t *entries, Told told[][MOST_TOLD], size_t *counts)
{
    const uint32_t *rows = self->rows;
    const uint16_t *class_of = self->class_of;
    for (Py_ssize_t i = 0; i < count; i++) {
        uint32_t any = 0;
        for (int k = 0; k < STREAMS; k++) {
            entries[k] = rows[(entries[k] & ~TELLS) + class_of[streams[k][i]]];
            any |= entries[k];
        }
        if (!(any & TELLS))
            continue;
        for (int k = 0; k < STREAMS; k++)
            if (entries[k] & TELLS) {
                if (counts[k] == MOST_TOLD)
                    return 0;
                told[k][counts[k]++] = (Told){i + 1, (entries[k] & ~TELLS) >> self->shift};
            }
    }
    return 1;
}

/* The order of one stream: by their ends, the longest first. Only at the seams is any moved. */
static void
sort_names(Names *names)
{
    for (size_t i = 1; i < names->count; i++) {
        Named one = names->named[i];
        size_t at = i;
        for (; at; at--) {
            const Named *last = &names->named[at - 1];
            if (last->end < one.end || (last->end == one.end && last->start <= one.start))
                break;
            names->named[at] = *last;
        }
        names->named[at] = one;
    }
}

/* Names the actions of a piece in several streams. 1 when done, 0 when it is not for them. */
static int
name_in_streams(Names *names, const Automaton *self, const uint8_t *data, Py_ssize_t first,
                Py_ssize_t last, Py_ssize_t stop)
{
    Told told[STREAMS][MOST_TOLD];
    size_t counts[STREAMS] = {0};
    uint32_t entries[STREAMS] = {0};
    const uint8_t *streams[STREAMS];
    Py_ssize_t part = (last - first) / STREAMS, count = part + OVERLAP;
    if (self->dense != self->size || part < 4 * OVERLAP)
        return 0;
    if (first + (STREAMS - 1) * part + count > stop)
        count = stop - first - (STREAMS - 1) * part;
    for (int k = 0; k < STREAMS; k++)
        streams[k] = data + first + k * part;
    if (!read_streams(self, streams, count, entries, told, counts))
        return 0;
    for (int k = 0; k < STREAMS; k++) {
        Py_ssize_t from = first + k * part, to = k == STREAMS - 1 ? last : from + part;
        Py_ssize_t until = to + OVERLAP < stop ? to + OVERLAP : stop;
        for (size_t i = 0; i < counts[k]; i++) {
            Told place = {from + told[k][i].at, told[k][i].node};
            if (add_names(names, self, place, from, to) < 0)
                return -1;
        }
        uint32_t node = (entries[k] & ~TELLS) >> self->shift;
        if (name_on(names, self, node, data, from + count, until, from, to) < 0)
            return -1;
    }
    sort_names(names);
    return 1;
}

static PyObject *
names_list(const Names *names, PyObject *reading)
{
    PyObject *list = PyList_New((Py_ssize_t)names->count);
    for (size_t i = 0; list && i < names->count; i++) {
        const Named *one = &names->named[i];
        PyObject *hit = hit_of(one->signal, one->start, one->end, reading);
        if (hit == NULL)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, (Py_ssize_t)i, hit);
    }
    return list;
}

PyDoc_STRVAR(named_doc,
"named(reading, first, last) -> [(signal, start, end, reading)]\n\n"
"The named actions that begin in bytes first:last of a reading and end up to 128 bytes later.");

static PyObject *
automaton_named(Automaton *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != 3 || !is_reading(args[0])) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "takes a reading and two places");
        return NULL;
    }
    Py_ssize_t first = PyLong_AsSsize_t(args[1]), last = PyLong_AsSsize_t(args[2]);
    if (PyErr_Occurred())
        return NULL;
    if (first < 0 || last < first) {
        PyErr_SetString(PyExc_ValueError, "places are not negative, and the last not the less");
        return NULL;
    }
    PyObject *words = PyTuple_GET_ITEM(args[0], 0), *list = NULL;
    const uint8_t *data = (const uint8_t *)PyBytes_AS_STRING(words);
    Py_ssize_t length = PyBytes_GET_SIZE(words);
    last = last < length ? last : length;
    Py_ssize_t stop = last > length - OVERLAP ? length : last + OVERLAP;
    Names names = {NULL, 0, 0};
    int done = name_in_streams(&names, self, data, first, last, stop);
    if (done == 0)
        done = name_on(&names, self, 0, data, first, stop, first, last);
    if (done < 0)
        PyErr_NoMemory();
    else
        list = names_list(&names, args[0]);
    free(names.named);
    return list;
}

static PyMethodDef automaton_methods[] = {
    {"collect", (PyCFunction)automaton_collect, METH_O, collect_doc},
    {"collect_ascii", (PyCFunction)automaton_collect_ascii, METH_O, collect_ascii_doc},
    {"find", (PyCFunction)(void (*)(void))automaton_find, METH_FASTCALL, find_doc},
    {"named", (PyCFunction)(void (*)(void))automaton_named, METH_FASTCALL, named_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot automaton_slots[] = {
    {Py_tp_doc, "Automaton(literals, roles, whats, lanes, inside, table)\n\n"
                "Literals in the order of their numbers; for the first of them a byte of role and "
                "a number of 32 bits that says what is found, for the others nine lanes of 32 bits; "
                "for each byte whether a word that follows it stands inside a sentence, and what "
                "it is read as."},
    {Py_tp_new, automaton_new},
    {Py_tp_dealloc, automaton_dealloc},
    {Py_tp_methods, automaton_methods},
    {0, NULL},
};

static PyType_Spec automaton_spec = {
    "model_router.signals._automaton.Automaton",
    sizeof(Automaton),
    0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    automaton_slots,
};

static int
module_exec(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &automaton_spec, NULL);
    if (type == NULL)
        return -1;
    int done = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return done;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
#ifdef Py_GIL_DISABLED
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT, "_automaton", "Many literals looked for in one pass over bytes.", 0,
    NULL, module_slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC
PyInit__automaton(void)
{
    return PyModuleDef_Init(&module_def);
}
