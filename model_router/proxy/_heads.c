/* Heads: whether a message begins with a head that was parsed before.
 *
 * What `again_in_python` in http1_heads.py tells, for machines on which a compiler was there when the
 * package was installed. Both tell the same; tests hold them together.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

#include "../_modules.h"

enum { BEFORE, BEHIND, SAYS, PARTS }; /* http1_heads.Seen */
enum { MOST_DIGITS = 18 };

/* The number whose digits begin at `at`, as they would be written, and where they end; -1 if there is
 * none of so few digits. */
static long long
length_at(const char *bytes, Py_ssize_t at, Py_ssize_t size, Py_ssize_t *end)
{
    long long number = 0;
    Py_ssize_t from = at;
    for (; at < size && at < from + MOST_DIGITS && bytes[at] >= '0' && bytes[at] <= '9'; at++)
        number = number * 10 + (bytes[at] - '0');
    *end = at;
    return at == from || (bytes[from] == '0' && at > from + 1) ? -1 : number;
}

static int
stands_at(const char *bytes, Py_ssize_t at, Py_ssize_t size, PyObject *part)
{
    Py_ssize_t length = PyBytes_GET_SIZE(part);
    return length <= size - at && memcmp(bytes + at, PyBytes_AS_STRING(part), (size_t)length) == 0;
}

PyDoc_STRVAR(again_doc,
"again(seen, data) -> (digits, body) | None\n\n"
"The digits of its length and the body of a message that is whole and has a head that was seen;\n"
"None for any other data.");

static PyObject *
again(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    if (nargs != 2 || !PyTuple_Check(args[0]) || PyTuple_GET_SIZE(args[0]) != PARTS ||
        !PyBytes_Check(PyTuple_GET_ITEM(args[0], BEFORE)) ||
        !PyBytes_Check(PyTuple_GET_ITEM(args[0], BEHIND)) || !PyBytes_Check(args[1])) {
        PyErr_SetString(PyExc_TypeError, "takes a head that was seen, and bytes");
        return NULL;
    }
    PyObject *before = PyTuple_GET_ITEM(args[0], BEFORE);
    PyObject *behind = PyTuple_GET_ITEM(args[0], BEHIND);
    const char *bytes = PyBytes_AS_STRING(args[1]);
    Py_ssize_t size = PyBytes_GET_SIZE(args[1]), from = PyBytes_GET_SIZE(before), end;
    if (!stands_at(bytes, 0, size, before))
        Py_RETURN_NONE;
    long long length = length_at(bytes, from, size, &end);
    Py_ssize_t body = end + PyBytes_GET_SIZE(behind);
    if (!stands_at(bytes, end, size, behind) || length != size - body)
        Py_RETURN_NONE;
    return Py_BuildValue("(y#y#)", bytes + from, end - from, bytes + body, size - body);
}

static PyMethodDef module_methods[] = {
    {"again", (PyCFunction)(void (*)(void))again, METH_FASTCALL, again_doc},
    {NULL, NULL, 0, NULL},
};

MODULE(_heads, "Heads that come again.", module_methods)
