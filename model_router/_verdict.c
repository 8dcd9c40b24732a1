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

#include "_modules.h"
#include "_tallies.h"

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
saturate(int64_t points, int64_t k, int64_t top)
{
    return points > 0 ? (2 * top * points + points + k) / (2 * (points + k)) : 0;
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
    int64_t risk = saturate(lanes[RISK_LANE] + extra(&self->risk, features), self->saturation, 100);
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

/* The lanes of a tally and a weight together; -1 with an exception set for anything else. */
static int
weighed(PyObject *const *args, Py_ssize_t nargs, int64_t *lanes, uint64_t *features)
{
    if (nargs != 2 || !PyTuple_Check(args[0]) || PyTuple_GET_SIZE(args[0]) != FIELDS) {
        PyErr_SetString(PyExc_TypeError, "takes a tally and a weight");
        return -1;
    }
    uint8_t points[4 * LANES + 4], weight[4 * LANES + 4];
    uint64_t carry = 0;
    *features = PyLong_AsUnsignedLongLong(PyTuple_GET_ITEM(args[0], 2));
    if (PyErr_Occurred() || bytes_of(PyTuple_GET_ITEM(args[0], 0), points, sizeof(points), 1) < 0 ||
        bytes_of(args[1], weight, sizeof(weight), 1) < 0)
        return -1;
    for (int lane = 0; lane <= LANES; lane++) {
        uint64_t sum = carry + word_at(points + 4 * lane) + word_at(weight + 4 * lane);
        lanes[lane] = (int64_t)(sum & 0xFFFFFFFF);
        carry = sum >> 32;
    }
    if (lanes[LANES]) {
        PyErr_SetString(PyExc_OverflowError, "the sum has more than nine lanes");
        return -1;
    }
    return 0;
}

PyDoc_STRVAR(route_doc,
"route(tally, weight) -> route\n\n"
"The route that points, weights and thresholds give together: an index into ROUTES.");

static PyObject *
tallies_route(Tallies *self, PyObject *const *args, Py_ssize_t nargs)
{
    int64_t lanes[LANES + 1];
    uint64_t features;
    if (weighed(args, nargs, lanes, &features) < 0)
        return NULL;
    return PyLong_FromLong(route_of(self, lanes, features));
}

PyDoc_STRVAR(lead_doc,
"lead(tally, weight) -> (route, tenths)\n\n"
"That route, and the complexity in tenths of a point.");

static PyObject *
tallies_lead(Tallies *self, PyObject *const *args, Py_ssize_t nargs)
{
    int64_t lanes[LANES + 1];
    uint64_t features;
    if (weighed(args, nargs, lanes, &features) < 0)
        return NULL;
    int64_t tenths = saturate(lanes[COMPLEXITY_LANE] - HALF, UNIT * self->saturation, 1000);
    return Py_BuildValue("(lL)", route_of(self, lanes, features), (long long)tenths);
}

static PyMethodDef tallies_methods[] = {
    {"of", (PyCFunction)tallies_of, METH_O, of_doc},
    {"route", (PyCFunction)(void (*)(void))tallies_route, METH_FASTCALL, route_doc},
    {"lead", (PyCFunction)(void (*)(void))tallies_lead, METH_FASTCALL, lead_doc},
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

MODULE_OF_TYPE(_verdict, "What a set of signals gives.", tallies_spec)
