/* Clause: the words around a hit, up to where its clause begins and ends.
 *
 * What `clause_at` in safety/clause.py does for a clause without tags, for machines on which a
 * compiler was there when the package was installed. The two give the same; tests hold them
 * together. Each look is bounded.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "../_modules.h"

#define REACH_BACK 240 /* clause.REACH_BACK */
#define REACH_ON 200   /* clause.REACH_ON */

static int
is_point(uint8_t byte)
{
    return byte == '.' || byte == '!' || byte == '?' || byte == ';';
}

static int
closes(uint8_t byte) /* quotes and brackets that may follow a full stop */
{
    return byte == '"' || byte == '\'' || byte == ')' || byte == ']';
}

static int
is_sign(const uint8_t *marks, Py_ssize_t at, Py_ssize_t last, const char *sign)
{
    return at + 3 <= last && memcmp(marks + at, sign, 3) == 0;
}

/* The length of the break that begins at `at` and ends before `last`, or 0: _BREAK of clause.py. */
static Py_ssize_t
break_at(const uint8_t *marks, Py_ssize_t at, Py_ssize_t last)
{
    uint8_t byte = marks[at], next = at + 1 < last ? marks[at + 1] : 0;
    if (is_point(byte)) {
        if (next == ' ' || next == '\n')
            return 2;
        if (closes(next) && at + 2 < last && (marks[at + 2] == ' ' || marks[at + 2] == '\n'))
            return 3;
    }
    if (byte == '\n')
        return 1;
    if (is_sign(marks, at, last, "\xe3\x80\x82"))
        return 3;
    if ((byte >= 0x80 || byte == '.' || byte == ',' || byte == '!' || byte == '?') &&
        is_point(next))
        return 2;
    return 0;
}

/* Where the clause of a hit at `start` opens: the last byte of the last break before it. */
static Py_ssize_t
opening(const uint8_t *marks, Py_ssize_t floor, Py_ssize_t start)
{
    for (Py_ssize_t at = start; at >= floor; at--) {
        Py_ssize_t length = break_at(marks, at, start + 1);
        if (length)
            return at + length - 1;
    }
    return floor;
}

/* Where the first end of a clause in `first`:`last` stands, or `last`: _END of clause.py. */
static Py_ssize_t
ending(const uint8_t *marks, Py_ssize_t first, Py_ssize_t last)
{
    for (Py_ssize_t at = first; at < last; at++) {
        uint8_t byte = marks[at];
        if (byte == '\n')
            return at;
        if (is_point(byte) &&
            (at + 1 == last || is_blank(marks[at + 1]) || closes(marks[at + 1])))
            return at;
        if ((byte == 0xE3 && is_sign(marks, at, last, "\xe3\x80\x82")) ||
            (byte == 0xEF && (is_sign(marks, at, last, "\xef\xbc\x81") ||
                              is_sign(marks, at, last, "\xef\xbc\x9f"))))
            return at;
    }
    return last;
}

/* The words of `first`:`last`, as bytes.split() gives them. */
static PyObject *
split(const uint8_t *words, Py_ssize_t first, Py_ssize_t last)
{
    PyObject *list = PyList_New(0);
    while (list) {
        while (first < last && is_blank(words[first]))
            first++;
        Py_ssize_t to = first;
        while (to < last && !is_blank(words[to]))
            to++;
        if (to == first)
            break;
        PyObject *word = PyBytes_FromStringAndSize((const char *)words + first, to - first);
        if (word == NULL || PyList_Append(list, word) < 0)
            Py_CLEAR(list);
        Py_XDECREF(word);
        first = to;
    }
    return list;
}

PyDoc_STRVAR(parts_doc,
"parts(words, marks, start, end) -> (before, after, opens, ends, colon, asked)\n\n"
"The clause around bytes start:end. None when a tag may stand in it, which Python looks at.");

static PyObject *
parts(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    if (nargs != 4 || !PyBytes_Check(args[0]) || !PyBytes_Check(args[1]) ||
        PyBytes_GET_SIZE(args[0]) != PyBytes_GET_SIZE(args[1])) {
        PyErr_SetString(PyExc_TypeError, "takes two bytes objects of one length and two places");
        return NULL;
    }
    const uint8_t *words = (const uint8_t *)PyBytes_AS_STRING(args[0]);
    const uint8_t *marks = (const uint8_t *)PyBytes_AS_STRING(args[1]);
    Py_ssize_t length = PyBytes_GET_SIZE(args[1]);
    Py_ssize_t start = PyLong_AsSsize_t(args[2]), end = PyLong_AsSsize_t(args[3]);
    if (PyErr_Occurred())
        return NULL;
    if (start < 0 || end <= start || end > length) {
        PyErr_SetString(PyExc_ValueError, "a hit stands inside its reading");
        return NULL;
    }
    Py_ssize_t floor = start > REACH_BACK ? start - REACH_BACK : 0;
    if (memchr(marks + floor, '<', (size_t)(start + 1 - floor)))
        Py_RETURN_NONE;
    Py_ssize_t opens = opening(marks, floor, start);
    Py_ssize_t first = end - 1 > start ? end - 1 : start + 1;
    Py_ssize_t last = length - end < REACH_ON ? length : end + REACH_ON;
    if (first < last)
        last = ending(marks, first, last);
    PyObject *before = split(words, opens, start + 1), *after = split(words, end - 1, last);
    PyObject *found = NULL;
    if (before && after) {
        int colon = opens < start && memchr(marks + opens, ':', (size_t)(start - opens)) != NULL;
        int asked = last < length && marks[last] == '?';
        found = Py_BuildValue("(OOnnOO)", before, after, opens, last, colon ? Py_True : Py_False,
                              asked ? Py_True : Py_False);
    }
    Py_XDECREF(before);
    Py_XDECREF(after);
    return found;
}

static PyMethodDef module_methods[] = {
    {"parts", (PyCFunction)(void (*)(void))parts, METH_FASTCALL, parts_doc},
    {NULL, NULL, 0, NULL},
};

MODULE(_clause, "The words around a hit.", module_methods)
