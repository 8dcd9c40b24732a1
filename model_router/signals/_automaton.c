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
#include "../_modules.h"
#include "_nodes.h"
#include "_building.h"
#include "_collecting.h"
#include "_naming.h"

static PyObject *
automaton_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"literals", "roles", "whats", "lanes", "inside", "table", "symbols",
                            "dense", NULL};
    int dense = 0;
    PyObject *literals;
    Py_buffer roles, whats, lanes, inside, table, symbols;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!y*y*y*y*y*y*|p", names, &PyList_Type, &literals,
                                     &roles, &whats, &lanes, &inside, &table, &symbols, &dense))
        return NULL;
    Automaton *self = NULL;
    Py_ssize_t count = PyList_GET_SIZE(literals), plain = roles.len;
    if (count > MOST_LITERALS || plain > count || whats.len != 4 * plain ||
        lanes.len != 4 * LANES * (count - plain) ||
        inside.len != 256 || table.len != 256 || symbols.len != 256) {
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
    memcpy(self->symbols, symbols.buf, 256);
    if (build(self, literals, roles.buf, whats.buf, lanes.buf, dense) < 0)
        Py_CLEAR(self);
end:
    PyBuffer_Release(&roles);
    PyBuffer_Release(&whats);
    PyBuffer_Release(&lanes);
    PyBuffer_Release(&inside);
    PyBuffer_Release(&table);
    PyBuffer_Release(&symbols);
    return (PyObject *)self;
}

static void
automaton_dealloc(Automaton *self)
{
    PyTypeObject *type = Py_TYPE(self);
    void *owned[] = {self->literals, self->lanes, self->nodes, self->rows, self->places};
    for (size_t i = 0; i < sizeof(owned) / sizeof(*owned); i++)
        free(owned[i]);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
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
told(Found *found, PyObject *symbols, PyObject *reading)
{
    PyObject *actions = found->actions ? found->actions : Py_None;
    PyObject *fired = fired_number(found), *weight = lanes_number(found->lanes), *told = NULL;
    if (fired && weight)
        told = symbols ? PyTuple_Pack(5, fired, weight, actions, symbols, reading)
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
        given = told(&found, NULL, NULL);
    found_clear(&found);
    return given;
}

/* The reading of an ASCII text, as reading.py makes it, and its symbols: its bytes that are none of
 * places.LETTERS. */
static PyObject *
read_ascii(const Automaton *self, const uint8_t *text, Py_ssize_t size, PyObject **symbols)
{
    PyObject *words = PyBytes_FromStringAndSize(NULL, size + 2), *reading = NULL;
    PyObject *marks = PyBytes_FromStringAndSize(NULL, size + 2);
    uint8_t few[2048], *found = size <= (Py_ssize_t)sizeof(few) ? few : PyMem_Malloc((size_t)size);
    if (!found)
        PyErr_NoMemory();
    if (words && marks && found) {
        uint8_t *mark = (uint8_t *)PyBytes_AS_STRING(marks), *to = found;
        uint8_t *word = (uint8_t *)PyBytes_AS_STRING(words);
        mark[0] = word[0] = mark[size + 1] = word[size + 1] = ' ';
        memcpy(mark + 1, text, (size_t)size);
        for (Py_ssize_t i = 0; i < size; i++) {
            word[i + 1] = self->table[text[i]];
            *to = text[i]; /* stays if it is a symbol, otherwise the next takes its place */
            to += self->symbols[text[i]];
        }
        *symbols = PyBytes_FromStringAndSize((char *)found, to - found);
        reading = *symbols ? PyTuple_Pack(2, words, marks) : NULL;
    }
    if (found != few)
        PyMem_Free(found);
    Py_XDECREF(words);
    Py_XDECREF(marks);
    return reading;
}

PyDoc_STRVAR(collect_ascii_doc,
"collect_ascii(text) -> (fired, weight, actions, symbols, reading)\n\n"
"The same of an ASCII text, with its symbols and its reading. ValueError for any other text.");

static PyObject *
automaton_collect_ascii(Automaton *self, PyObject *given_text)
{
    if (!PyUnicode_Check(given_text) || !PyUnicode_IS_ASCII(given_text)) {
        PyErr_SetString(PyExc_ValueError, "takes an ASCII text");
        return NULL;
    }
    const uint8_t *text = PyUnicode_1BYTE_DATA(given_text);
    Py_ssize_t size = PyUnicode_GET_LENGTH(given_text);
    PyObject *symbols = NULL, *reading = read_ascii(self, text, size, &symbols), *given = NULL;
    Found found;
    if (reading && found_init(&found, self) == 0) {
        const uint8_t *words = (uint8_t *)PyBytes_AS_STRING(PyTuple_GET_ITEM(reading, 0));
        const uint8_t *marks = (uint8_t *)PyBytes_AS_STRING(PyTuple_GET_ITEM(reading, 1));
        if (pass_over(&found, self, words, marks, size + 2, reading) == 0)
            given = told(&found, symbols, reading);
        found_clear(&found);
    }
    Py_XDECREF(symbols);
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
    {Py_tp_doc, "Automaton(literals, roles, whats, lanes, inside, table, symbols)\n\n"
                "Literals in the order of their numbers; for the first of them a byte of role and "
                "a number of 32 bits that says what is found, for the others nine lanes of 32 bits; "
                "for each byte whether a word that follows it stands inside a sentence, what "
                "it is read as, and whether it is a symbol. "
                "`dense` reads long texts sooner and takes more memory."},
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

MODULE_OF_TYPE(_automaton, "Many literals looked for in one pass over bytes.", automaton_spec)
