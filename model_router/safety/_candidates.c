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
#include "_looks.h"

/* ---- the sifter ---- */

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

/* ---- sifting ---- */

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

MODULE_OF_TYPE(_candidates, "The named actions worth judging.", sifter_spec)
