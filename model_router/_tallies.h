/* Tallies: the tables of a catalog's verdicts. */
#ifndef MODEL_ROUTER_TALLIES_H
#define MODEL_ROUTER_TALLIES_H

#include "_lanes.h"

#define WORDS (MOST_BITS / 64)
#define FIELDS 8 /* of verdict.Tally */
#define ROUTES (LANES - 2)
#define COMPLEXITY_LANE (LANES - 2)
#define RISK_LANE (LANES - 1)
#define UNIT 16 /* lanes.UNIT */

enum { SIMPLE, BALANCED, REASONING }; /* of verdict.py */

typedef struct {
    int32_t lanes[LANES];
    uint64_t marks;
} Row;

typedef struct {
    uint64_t *needed, *without; /* words of bits */
    uint32_t bit;
} Combination;

typedef struct {
    uint64_t feature;
    int64_t points;
} Extra;

typedef struct {
    Extra *extras;
    Py_ssize_t count;
} Extras;

typedef struct {
    PyObject_HEAD
    PyTypeObject *tally;
    Row *rows;
    Combination *combinations;
    uint64_t *bits; /* of all combinations */
    Py_ssize_t count, words, combined;
    int64_t base[LANES];
    Extras complexity, risk;
    long long features, saturation, risk_threshold, reasoning_from, simple_from;
    unsigned long long ambiguous, sensitive;
    int vague_asks, vague_reasons;
} Tallies;

/* ---- tables ---- */

/* A whole number as little-endian bytes; -1 with OverflowError where it does not fit. */
static int
bytes_of(PyObject *number, uint8_t *bytes, Py_ssize_t size, int is_signed)
{
    if (!PyLong_Check(number)) {
        PyErr_SetString(PyExc_TypeError, "takes whole numbers");
        return -1;
    }
#if PY_VERSION_HEX >= 0x030D0000
    int flags = Py_ASNATIVEBYTES_LITTLE_ENDIAN |
                (is_signed ? 0 : Py_ASNATIVEBYTES_UNSIGNED_BUFFER | Py_ASNATIVEBYTES_REJECT_NEGATIVE);
    Py_ssize_t needed = PyLong_AsNativeBytes(number, bytes, size, flags);
    if (needed > size)
        PyErr_SetString(PyExc_OverflowError, "the number is too large");
    return needed < 0 || needed > size ? -1 : 0;
#else
    return _PyLong_AsByteArray((PyLongObject *)number, bytes, (size_t)size, 1, is_signed);
#endif
}

/* The bits of a whole number, in words; -1 with an exception. */
static int
bits_of(PyObject *number, uint64_t *words, Py_ssize_t count)
{
    uint8_t bytes[8 * WORDS];
    if (bytes_of(number, bytes, 8 * count, 0) < 0)
        return -1;
    for (Py_ssize_t i = 0; i < count; i++)
        words[i] = word_at(bytes + 8 * i) | (uint64_t)word_at(bytes + 8 * i + 4) << 32;
    return 0;
}

static int
take_rows(Tallies *self, const uint8_t *lanes, const uint8_t *marks)
{
    self->rows = calloc((size_t)self->count + 1, sizeof(Row));
    if (self->rows == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < self->count; i++) {
        const uint8_t *at = marks + 8 * i;
        for (int lane = 0; lane < LANES; lane++)
            self->rows[i].lanes[lane] = lane_at(lanes + 4 * (LANES * i + lane));
        self->rows[i].marks = word_at(at) | (uint64_t)word_at(at + 4) << 32;
    }
    return 0;
}

static int
is_tuple(PyObject *item)
{
    if (!PyTuple_Check(item))
        PyErr_SetString(PyExc_TypeError, "a row is a tuple");
    return PyTuple_Check(item);
}

static int
take_combinations(Tallies *self, PyObject *combinations)
{
    Py_ssize_t count = PyList_GET_SIZE(combinations);
    self->combinations = calloc((size_t)count + 1, sizeof(Combination));
    self->bits = calloc(2 * (size_t)(count * self->words) + 1, sizeof(uint64_t));
    if (self->combinations == NULL || self->bits == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        Combination *one = &self->combinations[i];
        PyObject *row = PyList_GET_ITEM(combinations, i), *needed, *without;
        unsigned int bit;
        if (!is_tuple(row) || !PyArg_ParseTuple(row, "OOI", &needed, &without, &bit))
            return -1;
        *one = (Combination){self->bits + 2 * i * self->words,
                             self->bits + (2 * i + 1) * self->words, bit};
        if (bit >= self->count) {
            PyErr_SetString(PyExc_ValueError, "a bit of no row is set");
            return -1;
        }
        if (bits_of(needed, one->needed, self->words) < 0 ||
            bits_of(without, one->without, self->words) < 0)
            return -1;
    }
    self->combined = count;
    return 0;
}

static int
take_extras(Extras *extras, PyObject *pairs)
{
    Py_ssize_t count = PyTuple_GET_SIZE(pairs);
    extras->extras = calloc((size_t)count + 1, sizeof(Extra));
    if (extras->extras == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        unsigned long long feature;
        long long points;
        PyObject *row = PyTuple_GET_ITEM(pairs, i);
        if (!is_tuple(row) || !PyArg_ParseTuple(row, "KL", &feature, &points))
            return -1;
        extras->extras[i] = (Extra){feature, points};
    }
    extras->count = count;
    return 0;
}

static PyObject *
tallies_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"tally", "lanes", "marks", "base", "combinations", "complexity", "risk",
                            "numbers", NULL};
    PyObject *tally, *combinations, *complexity, *risk;
    Py_buffer lanes, marks, base;
    Tallies made = {0};
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "O!y*y*y*O!O!O!(LLLLLKKpp)", names, &PyType_Type, &tally, &lanes, &marks,
            &base, &PyList_Type, &combinations, &PyTuple_Type, &complexity, &PyTuple_Type, &risk,
            &made.features, &made.saturation, &made.risk_threshold, &made.reasoning_from,
            &made.simple_from, &made.ambiguous, &made.sensitive, &made.vague_asks,
            &made.vague_reasons))
        return NULL;
    Tallies *self = NULL;
    made.count = marks.len / 8;
    made.words = (made.count + 63) / 64;
    made.tally = (PyTypeObject *)tally;
    if (marks.len != 8 * made.count || lanes.len != 4 * LANES * made.count ||
        base.len != 4 * LANES || made.count > MOST_BITS || made.saturation < 1 ||
        !PyType_IsSubtype(made.tally, &PyTuple_Type) ||
        made.tally->tp_basicsize != PyTuple_Type.tp_basicsize) {
        PyErr_SetString(PyExc_ValueError, "the tables do not fit one another");
        goto end;
    }
    self = (Tallies *)type->tp_alloc(type, 0);
    if (self == NULL)
        goto end;
    made.ob_base = self->ob_base;
    *self = made;
    Py_INCREF(self->tally);
    for (int lane = 0; lane < LANES; lane++)
        self->base[lane] = lane_at((const uint8_t *)base.buf + 4 * lane);
    if (take_rows(self, lanes.buf, marks.buf) < 0 || take_combinations(self, combinations) < 0 ||
        take_extras(&self->complexity, complexity) < 0 || take_extras(&self->risk, risk) < 0)
        Py_CLEAR(self);
end:
    PyBuffer_Release(&lanes);
    PyBuffer_Release(&marks);
    PyBuffer_Release(&base);
    return (PyObject *)self;
}

static int
tallies_traverse(Tallies *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->tally);
    return 0;
}

static void
tallies_dealloc(Tallies *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    free(self->rows);
    free(self->combinations);
    free(self->bits);
    free(self->complexity.extras);
    free(self->risk.extras);
    Py_XDECREF(self->tally);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

#endif
