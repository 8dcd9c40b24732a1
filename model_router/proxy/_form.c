/* Form: lines that differ in little, written from what they share and what each has for itself.
 *
 * What `filled_in_python` in event_form.py makes, for machines on which a compiler was there when the
 * package was installed. Both give the same; tests hold them together.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

#include "../_modules.h"

enum { MOST_PLACES = 3, LONGEST_NUMBER = 32, MOST_ON_STACK = 4096 };

#define LARGEST 1000000000000000LL /* event_form.LARGEST: below it a float has all the digits */

/* A number of that many parts of which ten, a hundred, a thousand make one, or of ones where `places`
 * is 0; of the decimals all but the first are no zeros at the end. Returns where it ends. */
static char *
number_at(char *out, long long number, int places)
{
    char digits[LONGEST_NUMBER];
    int size = 0, least = 0;
    unsigned long long left = number < 0 ? 0ULL - (unsigned long long)number
                                         : (unsigned long long)number;
    if (number < 0)
        *out++ = '-';
    while (left > 0 || size <= places) {
        digits[size++] = (char)('0' + left % 10);
        left /= 10;
    }
    while (least < places - 1 && digits[least] == '0')
        least++;
    while (size > places)
        *out++ = digits[--size];
    if (places > 0)
        *out++ = '.';
    while (size > least)
        *out++ = digits[--size];
    return out;
}

/* Writes a whole number. Returns where it ends, or NULL with an error set. */
static char *
whole_at(char *out, PyObject *value)
{
    long long number = PyLong_AsLongLong(value);
    if (number == -1 && PyErr_Occurred())
        return NULL;
    if (number > 1 - LARGEST && number < LARGEST - 1)
        return number_at(out, number, 0);
    PyErr_SetString(PyExc_OverflowError, "the number is too large");
    return NULL;
}

/* Writes a float, rounded to `places` decimals. Returns where it ends, or NULL with an error set. */
static char *
float_at(char *out, double value, int places)
{
    static const double parts[] = {1, 10, 100, 1000};
    volatile double scaled = value * parts[places]; /* rounded by itself, as in Python */
    if (scaled > 1 - LARGEST && scaled < LARGEST - 1)
        return number_at(out, (long long)(scaled >= 0 ? scaled + 0.5 : scaled - 0.5), places);
    PyErr_SetString(PyExc_OverflowError, "the number is too large");
    return NULL;
}

/* How much room a value takes at most; -1 with an error set for what is none for that gap. */
static Py_ssize_t
room_for(PyObject *value, int places)
{
    if (PyLong_CheckExact(value) || (PyFloat_CheckExact(value) && places > 0))
        return LONGEST_NUMBER;
    if (places == 0) {
        PyErr_SetString(PyExc_TypeError, "takes a whole number");
        return -1;
    }
    if (PyUnicode_Check(value) && PyUnicode_IS_ASCII(value))
        return PyUnicode_GET_LENGTH(value);
    if (PyBytes_Check(value))
        return PyBytes_GET_SIZE(value);
    PyErr_SetString(PyExc_TypeError, "takes numbers, bytes and ASCII texts");
    return -1;
}

/* Writes a value. Returns where it ends, or NULL with an error set. */
static char *
value_at(char *out, PyObject *value, int places)
{
    if (PyLong_CheckExact(value) && places == 0)
        return whole_at(out, value);
    if (PyLong_CheckExact(value) || PyFloat_CheckExact(value)) {
        double number = PyFloat_AsDouble(value);
        return number == -1 && PyErr_Occurred() ? NULL : float_at(out, number, places);
    }
    const void *from = PyBytes_Check(value) ? (const void *)PyBytes_AS_STRING(value)
                                            : (const void *)PyUnicode_1BYTE_DATA(value);
    Py_ssize_t size = room_for(value, places);
    memcpy(out, from, (size_t)size);
    return out + size;
}

PyDoc_STRVAR(filled_doc,
"filled(pieces, places, values) -> bytes\n\n"
"The pieces with a value between each and the next. A number is rounded to as many decimals as\n"
"`places` says of its gap; 0 is for whole numbers alone. OverflowError for a number of more than\n"
"fifteen digits, TypeError for a value of another kind, ValueError where the three do not belong\n"
"together.");

static PyObject *
filled(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    if (nargs != 3 || !PyTuple_Check(args[0]) || !PyBytes_Check(args[1]) ||
        !PyTuple_Check(args[2])) {
        PyErr_SetString(PyExc_TypeError, "takes pieces, places and values");
        return NULL;
    }
    PyObject *pieces = args[0], *values = args[2];
    const unsigned char *places = (const unsigned char *)PyBytes_AS_STRING(args[1]);
    Py_ssize_t gaps = PyTuple_GET_SIZE(values), room = 0;
    if (PyTuple_GET_SIZE(pieces) != gaps + 1 || PyBytes_GET_SIZE(args[1]) != gaps) {
        PyErr_SetString(PyExc_ValueError, "there is not one value for each gap");
        return NULL;
    }
    for (Py_ssize_t i = 0; i <= gaps; i++) {
        PyObject *piece = PyTuple_GET_ITEM(pieces, i);
        Py_ssize_t more = i < gaps ? room_for(PyTuple_GET_ITEM(values, i), places[i]) : 0;
        if (more < 0)
            return NULL;
        if (!PyBytes_Check(piece) || (i < gaps && places[i] > MOST_PLACES)) {
            PyErr_SetString(PyExc_ValueError, "takes pieces of bytes, and up to three decimals");
            return NULL;
        }
        room += PyBytes_GET_SIZE(piece) + more;
    }
    char few[MOST_ON_STACK], *line = room <= MOST_ON_STACK ? few : PyMem_Malloc((size_t)room);
    if (line == NULL)
        return PyErr_NoMemory();
    char *out = line;
    for (Py_ssize_t i = 0; i <= gaps; i++) {
        PyObject *piece = PyTuple_GET_ITEM(pieces, i);
        memcpy(out, PyBytes_AS_STRING(piece), (size_t)PyBytes_GET_SIZE(piece));
        out += PyBytes_GET_SIZE(piece);
        if (i < gaps && (out = value_at(out, PyTuple_GET_ITEM(values, i), places[i])) == NULL)
            break;
    }
    PyObject *made = out == NULL ? NULL : PyBytes_FromStringAndSize(line, out - line);
    if (line != few)
        PyMem_Free(line);
    return made;
}

static PyMethodDef module_methods[] = {
    {"filled", (PyCFunction)(void (*)(void))filled, METH_FASTCALL, filled_doc},
    {NULL, NULL, 0, NULL},
};

MODULE(_form, "Lines that differ in little.", module_methods)
