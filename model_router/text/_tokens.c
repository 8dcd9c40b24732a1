/* Tokens: what the guess of a text's tokens counts in it.
 *
 * What `_counts` in tokens.py counts in ASCII, for machines on which a compiler was there when the
 * package was installed. The two give the same; tests hold them together.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "../_modules.h"

#define LONG_RUN 40 /* tokens.LONG_RUN */
#define MOST_SAMPLED (1 << 30)

/* tokens._EXACT, and thousandths of a token: tokens._CHARACTER, _BREAK, _UNBROKEN */
enum { EXACT = 4096, CHARACTER = 122, BREAK = 460, UNBROKEN = 250 };

enum { BLANK = 1, BREAKS = 2, PACKED = 4 }; /* tokens.KINDS */

/* Characters that break a word, and those that follow a blank. */
static Py_ssize_t
breaks_in(const uint8_t *text, Py_ssize_t size, const uint8_t *kinds)
{
    Py_ssize_t breaks = 0;
    unsigned int before = 0;
    for (Py_ssize_t i = 0; i < size; i++) {
        unsigned int kind = kinds[text[i]];
        breaks += (kind & BREAKS) / BREAKS + (before & ~kind & BLANK);
        before = kind;
    }
    return breaks;
}

/* Characters in long runs. Each has one of the places looked at, so most of a text is not. */
static Py_ssize_t
unbroken_in(const uint8_t *text, Py_ssize_t size, const uint8_t *kinds)
{
    Py_ssize_t unbroken = 0, from, to = 0;
    for (Py_ssize_t at = LONG_RUN - 1; at < size; at += LONG_RUN) {
        if (at < to || !(kinds[text[at]] & PACKED))
            continue;
        for (from = at; from > 0 && kinds[text[from - 1]] & PACKED;)
            from--;
        for (to = at + 1; to < size && kinds[text[to]] & PACKED;)
            to++;
        if (to - from >= LONG_RUN)
            unbroken += to - from;
    }
    return unbroken;
}

PyDoc_STRVAR(counts_doc,
"counts(text, kinds, width, stride, windows) -> (breaks, unbroken)\n\n"
"Of an ASCII text's windows, each `width` characters and `stride` after the one before, read as\n"
"one: how many characters break a word or begin one, and how many stand in long runs of letters\n"
"and digits. ValueError for any other text.");

static PyObject *
counts(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    if (nargs != 5 || !PyUnicode_Check(args[0]) || !PyBytes_Check(args[1]) ||
        PyBytes_GET_SIZE(args[1]) != 256) {
        PyErr_SetString(PyExc_TypeError, "takes a text, what 256 bytes are, and three numbers");
        return NULL;
    }
    Py_ssize_t width = PyLong_AsSsize_t(args[2]), stride = PyLong_AsSsize_t(args[3]);
    Py_ssize_t windows = PyLong_AsSsize_t(args[4]);
    if (PyErr_Occurred())
        return NULL;
    Py_ssize_t length = PyUnicode_GET_LENGTH(args[0]);
    if (!PyUnicode_IS_ASCII(args[0]) || width < 0 || stride < 0 || windows < 1 || width > length ||
        (windows > 1 && stride > (length - width) / (windows - 1))) {
        PyErr_SetString(PyExc_ValueError, "takes windows of an ASCII text");
        return NULL;
    }
    const uint8_t *text = PyUnicode_1BYTE_DATA(args[0]);
    const uint8_t *kinds = (const uint8_t *)PyBytes_AS_STRING(args[1]);
    uint8_t *sample = NULL;
    Py_ssize_t size = width;
    if (windows > 1) {
        size = width > MOST_SAMPLED / windows ? -1 : windows * width;
        sample = size < 0 ? NULL : PyMem_Malloc((size_t)size + 1);
        if (sample == NULL)
            return PyErr_NoMemory();
        for (Py_ssize_t i = 0; i < windows; i++)
            memcpy(sample + i * width, text + i * stride, (size_t)width);
        text = sample;
    }
    Py_ssize_t breaks = breaks_in(text, size, kinds), unbroken = unbroken_in(text, size, kinds);
    PyMem_Free(sample);
    return Py_BuildValue("(nn)", breaks, unbroken);
}

PyDoc_STRVAR(estimate_doc,
"estimate(text, kinds) -> tokens\n\n"
"What `estimate_tokens` gives for an ASCII text that is read whole. ValueError for any other text.");

static PyObject *
estimate(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    if (nargs != 2 || !PyUnicode_Check(args[0]) || !PyBytes_Check(args[1]) ||
        PyBytes_GET_SIZE(args[1]) != 256) {
        PyErr_SetString(PyExc_TypeError, "takes a text and what 256 bytes are");
        return NULL;
    }
    Py_ssize_t size = PyUnicode_GET_LENGTH(args[0]);
    if (!PyUnicode_IS_ASCII(args[0]) || size > EXACT) {
        PyErr_SetString(PyExc_ValueError, "takes a short ASCII text");
        return NULL;
    }
    const uint8_t *text = PyUnicode_1BYTE_DATA(args[0]);
    const uint8_t *kinds = (const uint8_t *)PyBytes_AS_STRING(args[1]);
    Py_ssize_t cost = size * CHARACTER + breaks_in(text, size, kinds) * BREAK +
                      unbroken_in(text, size, kinds) * UNBROKEN;
    return PyLong_FromSsize_t((cost + 999) / 1000);
}

static PyMethodDef module_methods[] = {
    {"estimate", (PyCFunction)(void (*)(void))estimate, METH_FASTCALL, estimate_doc},
    {"counts", (PyCFunction)(void (*)(void))counts, METH_FASTCALL, counts_doc},
    {NULL, NULL, 0, NULL},
};

MODULE(_tokens, "What the guess of a text's tokens counts.", module_methods)
