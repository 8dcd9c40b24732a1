/* Verdicts: what a set of signals gives, and which route leads once words have weighed.
 *
 * What `Verdicts.tally` and `Verdicts.route` in verdict.py give, for machines on which a compiler
 * was there when the package was installed. The two give the same; tests hold them together.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "_lanes.h"
#include "_modules.h"

#define MOST_BITS 8192 /* signals of one catalog */
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

/* ---- what signals give ---- */

static int64_t
extra(const Extras *extras, uint64_t features)
{
    int64_t points = 0;
    for (Py_ssize_t i = 0; i < extras->count; i++)
        if (features & extras->extras[i].feature)
            points += extras->extras[i].points;
    return points;
}

/* Adds the rows that others call for, in the order of the table. */
static void
combine(const Tallies *self, uint64_t *fired)
{
    for (Py_ssize_t i = 0; i < self->combined; i++) {
        const Combination *one = &self->combinations[i];
        int holds = 1;
        for (Py_ssize_t k = 0; holds && k < self->words; k++)
            holds = !(one->needed[k] & ~fired[k]) && !(one->without[k] & fired[k]);
        if (holds)
            fired[one->bit / 64] |= (uint64_t)1 << one->bit % 64;
    }
}

/* Points as a score: scores.saturate. */
static int64_t
saturate(int64_t points, int64_t k)
{
    return points > 0 ? (200 * points + points + k) / (2 * (points + k)) : 0;
}

/* The route that leads, from lanes in sixteenths of a point plus HALF. */
static long
route_of(const Tallies *self, const int64_t *lanes, uint64_t features)
{
    int route = 0;
    int64_t hard = lanes[COMPLEXITY_LANE];
    for (int lane = 1; lane < ROUTES; lane++)
        if (lanes[lane] > lanes[route])
            route = lane;
    if (route > BALANCED)
        return route;
    if (hard >= self->reasoning_from || (self->vague_reasons && features & self->ambiguous))
        return REASONING;
    return route == SIMPLE && hard >= self->simple_from ? BALANCED : route;
}

/* Sums the rows of all bits that are set; -1 where one stands for no row. */
static int
sum_up(const Tallies *self, const uint64_t *fired, int64_t *lanes, uint64_t *marks)
{
    for (Py_ssize_t word = 0; word < self->words; word++) {
        Py_ssize_t at = 64 * word;
        for (uint64_t left = fired[word]; left; left >>= 1, at++) {
            while (!(left & 0xFF)) {
                left >>= 8;
                at += 8;
            }
            if (!(left & 1))
                continue;
            if (at >= self->count) {
                PyErr_SetString(PyExc_ValueError, "a bit of no row is set");
                return -1;
            }
            for (int lane = 0; lane < LANES; lane++)
                lanes[lane] += self->rows[at].lanes[lane];
            *marks |= self->rows[at].marks;
        }
    }
    return 0;
}

/* Lanes of 32 bits, one after the other, as one number. */
static PyObject *
biased_number(const int64_t *lanes)
{
    uint8_t bytes[4 * LANES];
    for (int i = 0; i < 4 * LANES; i++)
        bytes[i] = (uint8_t)((uint64_t)lanes[i / 4] >> 8 * (i % 4));
    return number_of(bytes, sizeof(bytes), 0);
}

static PyObject *
fired_number(const uint64_t *fired, Py_ssize_t words)
{
    uint8_t bytes[8 * WORDS];
    for (Py_ssize_t i = 0; i < 8 * words; i++)
        bytes[i] = (uint8_t)(fired[i / 8] >> 8 * (i % 8));
    return number_of(bytes, (size_t)(8 * words), 0);
}

PyDoc_STRVAR(of_doc,
"of(fired) -> tally\n\n"
"What a set of signals gives, by bits without their combinations: a verdict.Tally.");

static PyObject *
tallies_of(Tallies *self, PyObject *given)
{
    uint64_t fired[WORDS], marks = 0;
    int64_t lanes[LANES];
    if (bits_of(given, fired, self->words) < 0)
        return NULL;
    combine(self, fired);
    memcpy(lanes, self->base, sizeof(lanes));
    if (sum_up(self, fired, lanes, &marks) < 0)
        return NULL;
    uint64_t features = marks & (((uint64_t)1 << self->features) - 1);
    lanes[COMPLEXITY_LANE] += extra(&self->complexity, features);
    int64_t risk = saturate(lanes[RISK_LANE] + extra(&self->risk, features), self->saturation);
    int unclear = !!(features & self->ambiguous), sensitive = !!(features & self->sensitive);
    for (int lane = 0; lane < LANES; lane++)
        lanes[lane] = lanes[lane] * UNIT + HALF;
    PyObject *fields[FIELDS] = {
        biased_number(lanes),
        fired_number(fired, self->words),
        PyLong_FromUnsignedLongLong(features),
        PyLong_FromUnsignedLongLong(marks >> self->features),
        PyLong_FromLongLong(risk),
        PyBool_FromLong(risk >= self->risk_threshold ||
                        (unclear && sensitive && self->vague_asks)),
        PyBool_FromLong(unclear || sensitive || risk >= 50),
        PyLong_FromLong(route_of(self, lanes, features)),
    };
    PyObject *tally = self->tally->tp_alloc(self->tally, FIELDS);
    for (int i = 0; i < FIELDS; i++) {
        if (tally && fields[i])
            PyTuple_SET_ITEM(tally, i, fields[i]);
        else {
            Py_XDECREF(fields[i]);
            Py_CLEAR(tally);
        }
    }
    return tally;
}

/* ---- the route once words have weighed ---- */

PyDoc_STRVAR(route_doc,
"route(tally, weight) -> route\n\n"
"The route that points, weights and thresholds give together: an index into ROUTES.");

static PyObject *
tallies_route(Tallies *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != 2 || !PyTuple_Check(args[0]) || PyTuple_GET_SIZE(args[0]) != FIELDS) {
        PyErr_SetString(PyExc_TypeError, "takes a tally and a weight");
        return NULL;
    }
    uint8_t points[4 * LANES + 4], weight[4 * LANES + 4];
    uint64_t features = PyLong_AsUnsignedLongLong(PyTuple_GET_ITEM(args[0], 2)), carry = 0;
    if (PyErr_Occurred() || bytes_of(PyTuple_GET_ITEM(args[0], 0), points, sizeof(points), 1) < 0 ||
        bytes_of(args[1], weight, sizeof(weight), 1) < 0)
        return NULL;
    int64_t lanes[LANES + 1];
    for (int lane = 0; lane <= LANES; lane++) {
        uint64_t sum = carry + word_at(points + 4 * lane) + word_at(weight + 4 * lane);
        lanes[lane] = (int64_t)(sum & 0xFFFFFFFF);
        carry = sum >> 32;
    }
    if (lanes[LANES]) {
        PyErr_SetString(PyExc_OverflowError, "the sum has more than nine lanes");
        return NULL;
    }
    return PyLong_FromLong(route_of(self, lanes, features));
}

static PyMethodDef tallies_methods[] = {
    {"of", (PyCFunction)tallies_of, METH_O, of_doc},
    {"route", (PyCFunction)(void (*)(void))tallies_route, METH_FASTCALL, route_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot tallies_slots[] = {
    {Py_tp_doc, "Tallies(tally, lanes, marks, base, combinations, complexity, risk, numbers)\n\n"
                "The class of a tally; for each row nine lanes of 32 bits, and 64 bits of marks; "
                "the lanes that every text has; (needed bits, unwanted bits, bit) of each row that "
                "others call for; (feature bit, points) that add to complexity, and to risk; how "
                "many marks are features, k, the risk from which a person is asked, the complexity "
                "from which reasoning and balanced are taken, two features' bits, and whether what "
                "is vague asks a person, and whether it reasons."},
    {Py_tp_new, tallies_new},
    {Py_tp_dealloc, tallies_dealloc},
    {Py_tp_traverse, tallies_traverse},
    {Py_tp_methods, tallies_methods},
    {0, NULL},
};

static PyType_Spec tallies_spec = {
    "model_router._verdict.Tallies",
    sizeof(Tallies),
    0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_HAVE_GC,
    tallies_slots,
};

static int
module_exec(PyObject *module)
{
    return add_type(module, &tallies_spec);
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    LAST_SLOTS,
};

static struct PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT, "_verdict", "What a set of signals gives.", 0, NULL, module_slots, NULL,
    NULL, NULL,
};

PyMODINIT_FUNC
PyInit__verdict(void)
{
    return PyModuleDef_Init(&module_def);
}
