/* Lanes: sums of points for all routes at once, and which route leads.
 *
 * What `Sums` and `leading` in lanes.py do, for machines on which a compiler was there when the
 * package was installed. The two give the same; tests hold them together.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "_lanes.h"
#include "_modules.h"

#define COMPLEXITY_LANE (LANES - 2)

typedef struct {
    PyObject_HEAD
    int32_t *lanes; /* LANES of each row */
    uint64_t *marks;
    Py_ssize_t count;
} Sums;

static PyObject *
sums_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"lanes", "marks", NULL};
    Py_buffer lanes, marks;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y*y*", names, &lanes, &marks))
        return NULL;
    Sums *self = NULL;
    Py_ssize_t count = marks.len / 8;
    if (marks.len != 8 * count || lanes.len != 4 * LANES * count) {
        PyErr_SetString(PyExc_ValueError, "the tables do not fit one another");
        goto end;
    }
    self = (Sums *)type->tp_alloc(type, 0);
    if (self == NULL)
        goto end;
    self->count = count;
    self->lanes = malloc(sizeof(int32_t) * LANES * (size_t)(count + 1));
    self->marks = malloc(sizeof(uint64_t) * (size_t)(count + 1));
    if (self->lanes == NULL || self->marks == NULL) {
        Py_CLEAR(self);
        PyErr_NoMemory();
        goto end;
    }
    for (Py_ssize_t i = 0; i < LANES * count; i++)
        self->lanes[i] = lane_at((uint8_t *)lanes.buf + 4 * i);
    for (Py_ssize_t i = 0; i < count; i++) {
        const uint8_t *at = (uint8_t *)marks.buf + 8 * i;
        self->marks[i] = word_at(at) | (uint64_t)word_at(at + 4) << 32;
    }
end:
    PyBuffer_Release(&lanes);
    PyBuffer_Release(&marks);
    return (PyObject *)self;
}

static void
sums_dealloc(Sums *self)
{
    PyTypeObject *type = Py_TYPE(self);
    free(self->lanes);
    free(self->marks);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

PyDoc_STRVAR(of_doc,
"of(fired) -> (lanes, marks)\n\n"
"The sum of the lanes of the rows whose bits are set in little-endian bytes, and all their marks.");

static PyObject *
sums_of(Sums *self, PyObject *fired)
{
    if (!PyBytes_Check(fired)) {
        PyErr_SetString(PyExc_TypeError, "takes bytes");
        return NULL;
    }
    int64_t lanes[LANES] = {0};
    uint64_t marks = 0;
    const uint8_t *bytes = (const uint8_t *)PyBytes_AS_STRING(fired);
    Py_ssize_t size = PyBytes_GET_SIZE(fired);
    for (Py_ssize_t at = 0; at < size; at++)
        for (unsigned int left = bytes[at], bit = 0; left; left >>= 1, bit++) {
            Py_ssize_t row = 8 * at + bit;
            if (!(left & 1))
                continue;
            if (row >= self->count) {
                PyErr_SetString(PyExc_ValueError, "a bit of no row is set");
                return NULL;
            }
            for (int lane = 0; lane < LANES; lane++)
                lanes[lane] += self->lanes[LANES * row + lane];
            marks |= self->marks[row];
        }
    PyObject *sum = lanes_number(lanes), *seen = PyLong_FromUnsignedLongLong(marks), *both = NULL;
    if (sum && seen)
        both = PyTuple_Pack(2, sum, seen);
    Py_XDECREF(sum);
    Py_XDECREF(seen);
    return both;
}

PyDoc_STRVAR(leading_doc,
"leading(sum) -> (route, complexity)\n\n"
"The route with the most points, the first of them, and the complexity lane, of a sum's bytes.");

static PyObject *
leading(PyObject *module, PyObject *sum)
{
    (void)module;
    if (!PyBytes_Check(sum) || PyBytes_GET_SIZE(sum) != 4 * LANES) {
        PyErr_SetString(PyExc_ValueError, "a sum has nine lanes of four bytes");
        return NULL;
    }
    const uint8_t *bytes = (const uint8_t *)PyBytes_AS_STRING(sum);
    int route = 0;
    for (int lane = 1; lane < COMPLEXITY_LANE; lane++)
        if (word_at(bytes + 4 * lane) > word_at(bytes + 4 * route))
            route = lane;
    PyObject *found = PyTuple_New(2);
    if (found == NULL)
        return NULL;
    PyTuple_SET_ITEM(found, 0, PyLong_FromLong(route));
    PyTuple_SET_ITEM(found, 1, PyLong_FromUnsignedLong(word_at(bytes + 4 * COMPLEXITY_LANE)));
    if (PyErr_Occurred())
        Py_CLEAR(found);
    return found;
}

static PyMethodDef sums_methods[] = {
    {"of", (PyCFunction)sums_of, METH_O, of_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot sums_slots[] = {
    {Py_tp_doc, "Sums(lanes, marks)\n\nFor each row nine lanes of 32 bits, and 64 bits of marks."},
    {Py_tp_new, sums_new},
    {Py_tp_dealloc, sums_dealloc},
    {Py_tp_methods, sums_methods},
    {0, NULL},
};

static PyType_Spec sums_spec = {
    "model_router._lanes.Sums",
    sizeof(Sums),
    0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    sums_slots,
};

static PyMethodDef module_methods[] = {
    {"leading", leading, METH_O, leading_doc},
    {NULL, NULL, 0, NULL},
};

static int
module_exec(PyObject *module)
{
    return add_type(module, &sums_spec);
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    LAST_SLOTS,
};

static struct PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT, "_lanes", "Sums of points for all routes at once.", 0, module_methods,
    module_slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC
PyInit__lanes(void)
{
    return PyModuleDef_Init(&module_def);
}
