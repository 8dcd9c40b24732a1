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

/* Whether a character is a blank, and whether it breaks a word: tokens._CHEAP. */
static inline int
blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static inline int
breaks(uint8_t byte)
{
    return !(byte >= 'a' && byte <= 'z') && !blank(byte);
}

/* Of the characters from `at` to `to`, before which another stands, those that break a word and
 * those that follow a blank. */
static Py_ssize_t
breaks_between(const uint8_t *text, Py_ssize_t at, Py_ssize_t to)
{
    Py_ssize_t found = 0;
    for (; at < to; at++)
        found += breaks(text[at]) + (blank(text[at - 1]) && !blank(text[at]));
    return found;
}

#ifdef __GNUC__ /* sixteen at a time, whatever the machine; a mask is 255 where it holds */
#define WIDTH 16
#define MOST_AT_ONCE (127 * WIDTH) /* each adds two at most to its byte of the sum */

typedef uint8_t Sixteen __attribute__((vector_size(WIDTH)));

static inline Sixteen
blanks(const uint8_t *text)
{
    Sixteen some;
    memcpy(&some, text, WIDTH);
    return (Sixteen)(some == ' ') | (Sixteen)(some == '\r') | (Sixteen)((some - '\t') < 2);
}

static Py_ssize_t
breaks_in_sixteens(const uint8_t *text, Py_ssize_t at, Py_ssize_t to)
{
    Sixteen sum = {0}, some;
    for (; at < to; at += WIDTH) {
        Sixteen here = blanks(text + at);
        memcpy(&some, text + at, WIDTH);
        sum -= ~((Sixteen)((some - 'a') < 26) | here);
        sum -= blanks(text + at - 1) & ~here;
    }
    Py_ssize_t found = 0;
    for (int i = 0; i < WIDTH; i++)
        found += sum[i];
    return found;
}
#else
#define WIDTH 1
#define MOST_AT_ONCE (1 << 20)
#define breaks_in_sixteens breaks_between
#endif

/* Characters that break a word, and those that follow a blank. */
static Py_ssize_t
breaks_in(const uint8_t *text, Py_ssize_t size)
{
    if (size == 0)
        return 0;
    Py_ssize_t found = breaks(text[0]), at = 1;
    while (size - at >= WIDTH) {
        Py_ssize_t left = size - at < MOST_AT_ONCE ? size - at : MOST_AT_ONCE;
        Py_ssize_t to = at + left - left % WIDTH;
        found += breaks_in_sixteens(text, at, to);
        at = to;
    }
    return found + breaks_between(text, at, size);
}

/* Characters in long runs. Each has one of the places looked at, so most of a text is not. */
static Py_ssize_t
unbroken_in(const uint8_t *text, Py_ssize_t size, const uint8_t *packed)
{
    Py_ssize_t unbroken = 0, from, to = 0;
    for (Py_ssize_t at = LONG_RUN - 1; at < size; at += LONG_RUN) {
        if (at < to || !packed[text[at]])
            continue;
        for (from = at; from > 0 && packed[text[from - 1]];)
            from--;
        for (to = at + 1; to < size && packed[text[to]];)
            to++;
        if (to - from >= LONG_RUN)
            unbroken += to - from;
    }
    return unbroken;
}

PyDoc_STRVAR(counts_doc,
"counts(text, packed, width, stride, windows) -> (breaks, unbroken)\n\n"
"Of an ASCII text's windows, each `width` characters and `stride` after the one before, read as\n"
"one: how many characters break a word or begin one, and how many stand in long runs of letters\n"
"and digits. ValueError for any other text.");

static PyObject *
counts(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    if (nargs != 5 || !PyUnicode_Check(args[0]) || !PyBytes_Check(args[1]) ||
        PyBytes_GET_SIZE(args[1]) != 256) {
        PyErr_SetString(PyExc_TypeError, "takes a text, which bytes are of runs, and three numbers");
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
    const uint8_t *packed = (const uint8_t *)PyBytes_AS_STRING(args[1]);
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
    Py_ssize_t breaks = breaks_in(text, size), unbroken = unbroken_in(text, size, packed);
    PyMem_Free(sample);
    return Py_BuildValue("(nn)", breaks, unbroken);
}

PyDoc_STRVAR(estimate_doc,
"estimate(text, packed) -> tokens\n\n"
"What `estimate_tokens` gives for an ASCII text that is read whole; -1 for any other text.");

static PyObject *
estimate(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    if (nargs != 2 || !PyUnicode_Check(args[0]) || !PyBytes_Check(args[1]) ||
        PyBytes_GET_SIZE(args[1]) != 256) {
        PyErr_SetString(PyExc_TypeError, "takes a text and which bytes are of runs");
        return NULL;
    }
    Py_ssize_t size = PyUnicode_GET_LENGTH(args[0]);
    if (!PyUnicode_IS_ASCII(args[0]) || size > EXACT)
        return PyLong_FromLong(-1);
    const uint8_t *text = PyUnicode_1BYTE_DATA(args[0]);
    const uint8_t *packed = (const uint8_t *)PyBytes_AS_STRING(args[1]);
    Py_ssize_t cost = size * CHARACTER + breaks_in(text, size) * BREAK +
                      unbroken_in(text, size, packed) * UNBROKEN;
    return PyLong_FromSsize_t((cost + 999) / 1000);
}

static PyMethodDef module_methods[] = {
    {"estimate", (PyCFunction)(void (*)(void))estimate, METH_FASTCALL, estimate_doc},
    {"counts", (PyCFunction)(void (*)(void))counts, METH_FASTCALL, counts_doc},
    {NULL, NULL, 0, NULL},
};

MODULE(_tokens, "What the guess of a text's tokens counts.", module_methods)
