/* Slots: long texts in other alphabets in one pass, where Python's codecs take several.
 *
 * What `through`, `lowered` and `slots` in slots.py do, for machines on which a compiler was there when the
 * package was installed. The two give the same; tests hold them together.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

#include "../_modules.h"

#define NO_SLOT 0xFF /* slots.NO_SLOT */
#define PAGE 256

/* One character in lower case, by itself. */
static inline Py_UCS4
lower(Py_UCS4 one)
{
    if (one < 0x80)
        return one >= 'A' && one <= 'Z' ? one + 32 : one;
    return Py_UNICODE_TOLOWER(one);
}

/* Whether `pages` has every page that it numbers. */
static int
has_pages(const uint8_t *pages, Py_ssize_t size)
{
    for (int i = 0; size >= PAGE && i < PAGE; i++)
        if (PAGE * (pages[i] + 2) > size)
            return 0;
    return size >= PAGE;
}

static inline uint8_t
slot_of(const uint8_t *pages, Py_UCS4 one)
{
    if (one < 0x80)
        return (uint8_t)one;
    return one > 0xFFFF ? NO_SLOT : pages[PAGE * (pages[one >> 8] + 1) + (one & 0xFF)];
}

static int
takes(PyObject *text, PyObject *pages)
{
    if (!PyUnicode_Check(text) || !PyBytes_Check(pages)) {
        PyErr_SetString(PyExc_TypeError, "takes a text and pages");
        return 0;
    }
    if (!has_pages((const uint8_t *)PyBytes_AS_STRING(pages), PyBytes_GET_SIZE(pages))) {
        PyErr_SetString(PyExc_ValueError, "a page is missing");
        return 0;
    }
    return 1;
}

PyDoc_STRVAR(slots_doc,
"slots(text, pages) -> bytes\n\n"
"The slot of each character: for its upper eight bits `pages` has the number of a page, which\n"
"follow, and there a byte for its lower eight bits. \"?\" for those that have none.");

static PyObject *
slots(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    if (nargs != 2) {
        PyErr_SetString(PyExc_TypeError, "takes a text and pages");
        return NULL;
    }
    if (!takes(args[0], args[1]))
        return NULL;
    const uint8_t *pages = (const uint8_t *)PyBytes_AS_STRING(args[1]);
    int kind = PyUnicode_KIND(args[0]);
    const void *data = PyUnicode_DATA(args[0]);
    Py_ssize_t length = PyUnicode_GET_LENGTH(args[0]);
    PyObject *made = PyBytes_FromStringAndSize(NULL, length);
    uint8_t *to = made ? (uint8_t *)PyBytes_AS_STRING(made) : NULL;
    for (Py_ssize_t i = 0; to && i < length; i++) {
        uint8_t slot = slot_of(pages, PyUnicode_READ(kind, data, i));
        to[i] = slot == NO_SLOT ? '?' : slot;
    }
    return made;
}

/* Cuts both to what was written, and gives them away. */
static PyObject *
reading_of(PyObject *words, PyObject *marks, Py_ssize_t size)
{
    if (words == NULL || marks == NULL || _PyBytes_Resize(&words, size) < 0 ||
        _PyBytes_Resize(&marks, size) < 0) {
        Py_XDECREF(words);
        Py_XDECREF(marks);
        return NULL;
    }
    PyObject *reading = PyTuple_Pack(2, words, marks);
    Py_DECREF(words);
    Py_DECREF(marks);
    return reading;
}

PyDoc_STRVAR(through_doc,
"through(text, pages, words, marks) -> (words, marks)\n\n"
"The reading of a text in lower case: for the slot of each character a byte of both tables. What\n"
"has none is left out, and a space stands at both ends.");

static PyObject *
through(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    if (nargs != 4 || !PyBytes_Check(args[2]) || PyBytes_GET_SIZE(args[2]) != 256 ||
        !PyBytes_Check(args[3]) || PyBytes_GET_SIZE(args[3]) != 256) {
        PyErr_SetString(PyExc_TypeError, "takes a text, pages and twice 256 bytes");
        return NULL;
    }
    if (!takes(args[0], args[1]))
        return NULL;
    const uint8_t *pages = (const uint8_t *)PyBytes_AS_STRING(args[1]);
    const uint8_t *as_word = (const uint8_t *)PyBytes_AS_STRING(args[2]);
    const uint8_t *as_mark = (const uint8_t *)PyBytes_AS_STRING(args[3]);
    int kind = PyUnicode_KIND(args[0]);
    const void *data = PyUnicode_DATA(args[0]);
    Py_ssize_t length = PyUnicode_GET_LENGTH(args[0]), at = 1;
    PyObject *words = PyBytes_FromStringAndSize(NULL, length + 2);
    PyObject *marks = PyBytes_FromStringAndSize(NULL, length + 2);
    if (words && marks) {
        uint8_t *word = (uint8_t *)PyBytes_AS_STRING(words);
        uint8_t *mark = (uint8_t *)PyBytes_AS_STRING(marks);
        word[0] = mark[0] = ' ';
        for (Py_ssize_t i = 0; i < length; i++) {
            uint8_t slot = slot_of(pages, lower(PyUnicode_READ(kind, data, i)));
            word[at] = as_word[slot];
            mark[at] = as_mark[slot];
            at += slot != NO_SLOT;
        }
        word[at] = mark[at] = ' ';
    }
    return reading_of(words, marks, at + 1);
}

/* Writes a character as UTF-8, a lone surrogate as "?". */
static inline uint8_t *
as_utf8(uint8_t *to, Py_UCS4 one)
{
    if (one < 0x80 || (one >= 0xD800 && one < 0xE000)) {
        *to++ = one < 0x80 ? (uint8_t)one : '?';
        return to;
    }
    if (one < 0x800)
        *to++ = (uint8_t)(0xC0 | one >> 6);
    else {
        if (one < 0x10000)
            *to++ = (uint8_t)(0xE0 | one >> 12);
        else {
            *to++ = (uint8_t)(0xF0 | one >> 18);
            *to++ = (uint8_t)(0x80 | (one >> 12 & 0x3F));
        }
        *to++ = (uint8_t)(0x80 | (one >> 6 & 0x3F));
    }
    *to++ = (uint8_t)(0x80 | (one & 0x3F));
    return to;
}

PyDoc_STRVAR(lowered_doc,
"lowered(text, table) -> (words, marks)\n\n"
"The reading of a text in lower case, each character by itself, as UTF-8 with a space at both\n"
"ends, and the same with the bytes of `table`. A lone surrogate is \"?\".");

static PyObject *
lowered(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    if (nargs != 2 || !PyUnicode_Check(args[0]) || !PyBytes_Check(args[1]) ||
        PyBytes_GET_SIZE(args[1]) != 256) {
        PyErr_SetString(PyExc_TypeError, "takes a text and 256 bytes");
        return NULL;
    }
    const uint8_t *table = (const uint8_t *)PyBytes_AS_STRING(args[1]);
    int kind = PyUnicode_KIND(args[0]);
    const void *data = PyUnicode_DATA(args[0]);
    Py_ssize_t length = PyUnicode_GET_LENGTH(args[0]), size = 0;
    if (length > PY_SSIZE_T_MAX / 8)
        return PyErr_NoMemory();
    PyObject *marks = PyBytes_FromStringAndSize(NULL, 4 * length + 2), *words = NULL;
    if (marks) {
        uint8_t *start = (uint8_t *)PyBytes_AS_STRING(marks), *to = start;
        *to++ = ' ';
        for (Py_ssize_t i = 0; i < length; i++) {
            Py_UCS4 one = PyUnicode_READ(kind, data, i);
            if (one < 0x80) /* most of many texts */
                *to++ = (uint8_t)lower(one);
            else
                to = as_utf8(to, lower(one));
        }
        *to++ = ' ';
        size = to - start;
        words = PyBytes_FromStringAndSize(NULL, size);
        uint8_t *word = words ? (uint8_t *)PyBytes_AS_STRING(words) : NULL;
        for (Py_ssize_t i = 0; word && i < size; i++)
            word[i] = table[start[i]];
    }
    return reading_of(words, marks, size);
}

static PyMethodDef module_methods[] = {
    {"lowered", (PyCFunction)(void (*)(void))lowered, METH_FASTCALL, lowered_doc},
    {"slots", (PyCFunction)(void (*)(void))slots, METH_FASTCALL, slots_doc},
    {"through", (PyCFunction)(void (*)(void))through, METH_FASTCALL, through_doc},
    {NULL, NULL, 0, NULL},
};

MODULE(_slots, "Long texts in other alphabets.", module_methods)
