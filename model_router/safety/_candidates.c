/* Candidates: the named actions worth judging, told by a cheap look at the words around them.
 *
 * What `likely` in safety/candidates.py tells, for machines on which a compiler was there when the
 * package was installed. The two tell the same; tests hold them together. Each look is bounded.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../_modules.h"
#include "_wordset.h"

#define NEAR_ON 60    /* candidates.NEAR_ON */
#define FRONT_BACK 72 /* candidates.FRONT_BACK */
#define REACH_BACK 240 /* clause.REACH_BACK */
#define REACH_ON 200  /* clause.REACH_ON */
#define LOOKED_BACK 32 /* clause.LOOKED_BACK */
#define WORD_BACK 16  /* bytes in which the word before a verb is looked for */

/* ---- the sifter ---- */

typedef struct {
    uint32_t objects; /* which of the sets */
    Py_ssize_t back;
    uint8_t known, compound, strong, passive, order;
} Rule;

typedef struct {
    PyObject_HEAD
    Rule *rules;
    size_t rule_count;
    WordSet *sets;
    size_t set_count;
    WordSet befores; /* phrases.BEFORE_ORDERS */
    WordSet fronts;  /* clause.FRONTS and "use" */
    WordSet wanting; /* wishes.WANTING */
    WordSet lasts;   /* clause.PAIRS: words before a verb that need another before them, */
    WordSet pairs;   /* and both, with a space between them */
    uint8_t inside[256];
} Sifter;

static int
take_sets(Sifter *self, PyObject *sets)
{
    self->set_count = (size_t)PyList_GET_SIZE(sets);
    self->sets = calloc(self->set_count + 1, sizeof(WordSet));
    if (self->sets == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < self->set_count; i++)
        if (wordset_init(&self->sets[i], PyList_GET_ITEM(sets, (Py_ssize_t)i)) < 0)
            return -1;
    return 0;
}

static int
take_rules(Sifter *self, PyObject *rules)
{
    self->rule_count = (size_t)PyList_GET_SIZE(rules);
    self->rules = calloc(self->rule_count + 1, sizeof(Rule));
    if (self->rules == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < self->rule_count; i++) {
        PyObject *row = PyList_GET_ITEM(rules, (Py_ssize_t)i);
        unsigned int objects;
        int compound, strong, passive, order;
        Py_ssize_t back;
        if (row == Py_None)
            continue;
        if (!PyTuple_Check(row) ||
            !PyArg_ParseTuple(row, "Inpppp", &objects, &back, &compound, &strong, &passive,
                              &order))
            return -1;
        if (objects >= self->set_count || back < 0) {
            PyErr_SetString(PyExc_ValueError, "a rule names a set that is not there");
            return -1;
        }
        self->rules[i] = (Rule){objects, back, 1, (uint8_t)compound, (uint8_t)strong,
                                (uint8_t)passive, (uint8_t)order};
    }
    return 0;
}

static PyObject *
sifter_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"rules", "sets", "befores", "fronts", "wanting", "lasts", "pairs",
                            "inside", NULL};
    PyObject *rules, *sets, *befores, *fronts, *wanting, *lasts, *pairs;
    Py_buffer inside;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!O!OOOOOy*", names, &PyList_Type, &rules,
                                     &PyList_Type, &sets, &befores, &fronts, &wanting, &lasts,
                                     &pairs, &inside))
        return NULL;
    Sifter *self = (Sifter *)type->tp_alloc(type, 0);
    if (self == NULL)
        goto end;
    if (inside.len != 256) {
        PyErr_SetString(PyExc_ValueError, "`inside` has 256 bytes");
        Py_CLEAR(self);
        goto end;
    }
    memcpy(self->inside, inside.buf, 256);
    if (take_sets(self, sets) < 0 || take_rules(self, rules) < 0 ||
        wordset_init(&self->befores, befores) < 0 || wordset_init(&self->fronts, fronts) < 0 ||
        wordset_init(&self->wanting, wanting) < 0 || wordset_init(&self->lasts, lasts) < 0 ||
        wordset_init(&self->pairs, pairs) < 0)
        Py_CLEAR(self);
end:
    PyBuffer_Release(&inside);
    return (PyObject *)self;
}

static void
sifter_dealloc(Sifter *self)
{
    PyTypeObject *type = Py_TYPE(self);
    for (size_t i = 0; self->sets && i < self->set_count; i++)
        wordset_clear(&self->sets[i]);
    wordset_clear(&self->befores);
    wordset_clear(&self->fronts);
    wordset_clear(&self->wanting);
    wordset_clear(&self->lasts);
    wordset_clear(&self->pairs);
    free(self->sets);
    free(self->rules);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

/* ---- looks at the words around a hit ---- */

/* Where ". " first stands in the marks of `from`:`to`, or -1. */
static Py_ssize_t
next_stop(const Hit *hit, Py_ssize_t from, Py_ssize_t to)
{
    if (to > hit->length)
        to = hit->length;
    for (; from + 1 < to; from++)
        if (hit->marks[from] == '.' && hit->marks[from + 1] == ' ')
            return from;
    return -1;
}

static Py_ssize_t
last_stop(const Hit *hit, Py_ssize_t from, Py_ssize_t to)
{
    for (to -= 2; to >= from; to--)
        if (hit->marks[to] == '.' && hit->marks[to + 1] == ' ')
            return to;
    return -1;
}

/* Whether one of the fronts and a space stand at `at` of the marks, before `to`. */
static int
is_front(const WordSet *fronts, const uint8_t *marks, Py_ssize_t at, Py_ssize_t to)
{
    uint8_t lower[WORD_BACK];
    Py_ssize_t length = 0;
    for (; at < to && marks[at] != ' '; at++) {
        if (length == WORD_BACK)
            return 0;
        lower[length++] = marks[at] >= 'A' && marks[at] <= 'Z' ? marks[at] + 32 : marks[at];
    }
    return at < to && length && has(fronts, (Span){lower, length});
}

/* Whether the sentence opens with a place, a time or a means: "on the server delete ...". */
static int
follows_a_front(const Sifter *self, const Hit *hit)
{
    const uint8_t *marks = hit->marks;
    Py_ssize_t at = hit->start > FRONT_BACK ? hit->start - FRONT_BACK : -1;
    for (; at < hit->start; at++) {
        Py_ssize_t next = at + 1;
        if (at >= 0) { /* the text itself opens like a line */
            uint8_t byte = marks[at];
            if (byte == 0xE3 && at + 2 < hit->start && marks[at + 1] == 0x80 && marks[at + 2] == 0x82)
                next = at + 3;
            else if (byte != '.' && byte != '!' && byte != '?' && byte != ';' && byte != '\n')
                continue;
        }
        while (next < hit->start && is_blank(marks[next]))
            next++;
        if (is_front(&self->fronts, marks, next, hit->start))
            return 1;
    }
    return 0;
}

/* Whether the word before a verb in the middle of a sentence may make an order of it. */
static int
led_up_to(const Sifter *self, const Hit *hit)
{
    Py_ssize_t floor = hit->start > WORD_BACK ? hit->start - WORD_BACK : 0, from = hit->start;
    while (from > floor && hit->words[from - 1] != ' ')
        from--;
    Span previous = {hit->words + from, hit->start - from};
    if (has(&self->befores, previous) || hit->marks[hit->start - 1] == ',')
        return 1;
    if (previous.length && previous.bytes[0] == '@')
        return 1;
    return follows_a_front(self, hit);
}

static int
stands_near(const WordSet *objects, const Rule *rule, const Hit *hit)
{
    Py_ssize_t first = hit->start > rule->back ? hit->start - rule->back : 0;
    if (!rule->compound && !holds_word(objects, hit, first, hit->end + NEAR_ON))
        return 0;
    Py_ssize_t stop = last_stop(hit, first, hit->start);
    Py_ssize_t last = next_stop(hit, hit->end, hit->end + NEAR_ON);
    return names_object(objects, hit, stop > 0 ? stop : first,
                        last > 0 ? last : hit->end + NEAR_ON, rule->compound);
}

/* Where the sentence of a hit begins, not more than REACH_BACK bytes before it. */
static Py_ssize_t
opening(const Hit *hit)
{
    Py_ssize_t first = hit->start > REACH_BACK ? hit->start - REACH_BACK : 0;
    for (Py_ssize_t at = hit->start; at >= first; at--) {
        uint8_t mark = at > first ? hit->marks[at - 1] : 0;
        if (hit->marks[at] == '\n' || (hit->marks[at] == ' ' && (mark == '.' || mark == '!' ||
                                                                mark == '?' || mark == ';')))
            return at;
    }
    return first;
}

static int
must_be(const Hit *hit)
{
    for (Py_ssize_t at = hit->start; at + 4 <= hit->end; at++)
        if (memcmp(hit->words + at, " be ", 4) == 0)
            return 1;
    return 0;
}

/* Whether the sentence before a participle may want the deed: "I want my files deleted". */
static int
wished(const Sifter *self, const Rule *rule, const Hit *hit)
{
    const WordSet *objects = &self->sets[rule->objects];
    Py_ssize_t first = opening(hit), back = hit->start - rule->back;
    if (!must_be(hit) && !holds_word(&self->wanting, hit, first, hit->start + 1))
        return 0;
    return !objects->size ||
           names_object(objects, hit, back > first ? back : first, hit->start + 1, 0);
}

/* Whether the two words before a verb tell that nothing leads up to it: "had to pay". */
static int
leads_nowhere(const Sifter *self, const Rule *rule, const Hit *hit)
{
    const uint8_t *marks = hit->marks;
    Py_ssize_t start = hit->start, at = start - LOOKED_BACK;
    if (at < 0 || hit->words[start] != ' ' || marks[start] != ' ' || marks[start - 1] < 'a' ||
        marks[start - 1] > 'z' || memchr(marks + at, '>', LOOKED_BACK))
        return 0;
    Span last = {NULL, 0}, before = {NULL, 0}, word;
    int count = 0;
    for (; (word = next_word(hit->words, &at, start)).length; count++) {
        before = last;
        last = word;
    }
    if (count < 3 || !has(&self->lasts, last))
        return 0;
    uint8_t both[2 * LOOKED_BACK];
    memcpy(both, before.bytes, (size_t)before.length);
    both[before.length] = ' ';
    memcpy(both + before.length + 1, last.bytes, (size_t)last.length);
    if (has(&self->pairs, (Span){both, before.length + 1 + last.length}))
        return 0;
    Py_ssize_t until = hit->end + REACH_ON < hit->length ? hit->end + REACH_ON : hit->length;
    for (at = hit->end; rule->strong && at + 1 < until; at++)
        if (marks[at] == '-' && marks[at + 1] == '-') /* the verb of a program */
            return 0;
    return !follows_a_front(self, hit);
}

static int
likely(const Sifter *self, const Rule *rule, const Hit *hit, int weighed)
{
    const uint8_t *marks = hit->marks;
    uint8_t before = marks[hit->start ? hit->start - 1 : hit->length - 1];
    if (marks[hit->start] == '-' && before == ' ') /* an option: find . -delete */
        return 1;
    if (rule->strong && marks[hit->end - 1] == '-') /* aws iam delete-user */
        return 1;
    if (rule->passive)
        return wished(self, rule, hit);
    const WordSet *objects = &self->sets[rule->objects];
    if (rule->back)
        return !objects->size || stands_near(objects, rule, hit);
    if (marks[hit->start] == ' ' && self->inside[before] && !led_up_to(self, hit))
        return 0;
    if (!weighed && rule->order && leads_nowhere(self, rule, hit))
        return 0;
    if (!objects->size)
        return 1;
    Py_ssize_t last = next_stop(hit, hit->end, hit->end + NEAR_ON);
    return names_object(objects, hit, hit->end - 1, last > 0 ? last : hit->end + NEAR_ON, 0);
}

/* The hit in a tuple of (signal, start, end, reading), and its rule; -1 for anything else. */
static int
take_hit(const Sifter *self, PyObject *item, Hit *hit, const Rule **rule)
{
    if (!PyTuple_Check(item) || PyTuple_GET_SIZE(item) != 4)
        return -1;
    PyObject *reading = PyTuple_GET_ITEM(item, 3);
    if (!PyTuple_Check(reading) || PyTuple_GET_SIZE(reading) != 2)
        return -1;
    PyObject *words = PyTuple_GET_ITEM(reading, 0), *marks = PyTuple_GET_ITEM(reading, 1);
    if (!PyBytes_Check(words) || !PyBytes_Check(marks))
        return -1;
    size_t signal = PyLong_AsSize_t(PyTuple_GET_ITEM(item, 0));
    hit->start = PyLong_AsSsize_t(PyTuple_GET_ITEM(item, 1));
    hit->end = PyLong_AsSsize_t(PyTuple_GET_ITEM(item, 2));
    hit->words = (const uint8_t *)PyBytes_AS_STRING(words);
    hit->marks = (const uint8_t *)PyBytes_AS_STRING(marks);
    hit->length = PyBytes_GET_SIZE(words);
    if (PyErr_Occurred() || PyBytes_GET_SIZE(marks) != hit->length || hit->start < 0 ||
        hit->end <= hit->start || hit->end > hit->length)
        return -1;
    if (signal >= self->rule_count || !self->rules[signal].known)
        return -1;
    *rule = &self->rules[signal];
    return 0;
}

static PyObject *
sifted(Sifter *self, PyObject *hits, int weighed)
{
    if (!PyList_Check(hits)) {
        PyErr_SetString(PyExc_TypeError, "takes a list of hits");
        return NULL;
    }
    PyObject *kept = PyList_New(0);
    for (Py_ssize_t i = 0; kept && i < PyList_GET_SIZE(hits); i++) {
        PyObject *item = PyList_GET_ITEM(hits, i);
        const Rule *rule;
        Hit hit;
        if (take_hit(self, item, &hit, &rule) < 0) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_ValueError, "a hit is (signal, start, end, reading)");
            Py_CLEAR(kept);
        } else if (likely(self, rule, &hit, weighed) && PyList_Append(kept, item) < 0)
            Py_CLEAR(kept);
    }
    return kept;
}

PyDoc_STRVAR(sift_doc,
"sift(hits) -> hits\n\n"
"Those of the named actions that are worth judging, in their order.");

static PyObject *
sifter_sift(Sifter *self, PyObject *hits)
{
    return sifted(self, hits, 1);
}

PyDoc_STRVAR(sift_unweighed_doc,
"sift_unweighed(hits) -> hits\n\n"
"The same where rules alone judge: without those that weights might have doubted.");

static PyObject *
sifter_sift_unweighed(Sifter *self, PyObject *hits)
{
    return sifted(self, hits, 0);
}

static PyMethodDef sifter_methods[] = {
    {"sift", (PyCFunction)sifter_sift, METH_O, sift_doc},
    {"sift_unweighed", (PyCFunction)sifter_sift_unweighed, METH_O, sift_unweighed_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot sifter_slots[] = {
    {Py_tp_doc, "Sifter(rules, sets, befores, fronts, wanting, lasts, pairs, inside)\n\nFor each "
                "signal that names an action (which set of objects, bytes to look back, whether "
                "an object may end a longer word, whether the damage is high, whether it is told "
                "in the passive, whether it is a verb that is ordered), or None."},
    {Py_tp_new, sifter_new},
    {Py_tp_dealloc, sifter_dealloc},
    {Py_tp_methods, sifter_methods},
    {0, NULL},
};

static PyType_Spec sifter_spec = {
    "model_router.safety._candidates.Sifter",
    sizeof(Sifter),
    0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    sifter_slots,
};

static int
module_exec(PyObject *module)
{
    return add_type(module, &sifter_spec);
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    LAST_SLOTS,
};

static struct PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT, "_candidates", "The named actions worth judging.", 0, NULL, module_slots,
    NULL, NULL, NULL,
};

PyMODINIT_FUNC
PyInit__candidates(void)
{
    return PyModuleDef_Init(&module_def);
}
