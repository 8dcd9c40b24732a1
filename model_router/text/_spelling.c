/* Spelling: which other letters a text has, and the text with each as it is plainly written.
 *
 * What `distinct` and `spelled` in spelling.py do, for machines on which a compiler was there when
 * the package was installed. The two give the same; tests hold them together.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "../_modules.h"

#define MOST 64   /* spelling.MOST_DISTINCT */
#define SLOTS 256 /* a power of two, at least twice as many */

typedef struct {
    uint32_t keys[SLOTS]; /* up to four bytes of UTF-8; 0 where none stands */
    uint8_t places[SLOTS];
    int count;
} Letters;

/* How many bytes a character takes that begins with this byte; 1 for what begins none. */
static inline int
width_of(uint8_t lead)
{
    return lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/* The bytes of a character as one number; what the text breaks off counts as zeros. */
static inline uint32_t
key_of(const uint8_t *bytes, int width, Py_ssize_t left)
{
    uint32_t key = 0;
    for (int i = 0; i < width && i < left; i++)
        key |= (uint32_t)bytes[i] << 8 * i;
    return key;
}

static inline unsigned int
slot_for(const Letters *letters, uint32_t key)
{
    unsigned int slot = (key * 2654435761u) >> 24 & (SLOTS - 1);
    while (letters->keys[slot] && letters->keys[slot] != key)
        slot = (slot + 1) & (SLOTS - 1);
    return slot;
}

PyDoc_STRVAR(distinct_doc,
"distinct(data) -> [character] or None\n\n"
"The different characters in UTF-8 that are not ASCII, in their order, each as bytes; or None when\n"
"they are more than 64.");

static PyObject *
distinct(PyObject *module, PyObject *data)
{
    (void)module;
    if (!PyBytes_Check(data)) {
        PyErr_SetString(PyExc_TypeError, "takes bytes");
        return NULL;
    }
    const uint8_t *bytes = (const uint8_t *)PyBytes_AS_STRING(data);
    Py_ssize_t size = PyBytes_GET_SIZE(data);
    Letters letters = {.count = 0};
    PyObject *found = PyList_New(0);
    for (Py_ssize_t at = 0; found && at < size;) {
        if (bytes[at] < 0x80) {
            at++;
            continue;
        }
        int width = width_of(bytes[at]);
        uint32_t key = key_of(bytes + at, width, size - at);
        unsigned int slot = slot_for(&letters, key);
        if (!letters.keys[slot]) {
            if (letters.count++ == MOST) {
                Py_DECREF(found);
                Py_RETURN_NONE;
            }
            letters.keys[slot] = key;
            Py_ssize_t whole = width < size - at ? width : size - at;
            PyObject *one = PyBytes_FromStringAndSize((const char *)bytes + at, whole);
            if (one == NULL || PyList_Append(found, one) < 0)
                Py_CLEAR(found);
            Py_XDECREF(one);
        }
        at += width;
    }
    return found;
}

/* Takes the letters to be replaced; -1 with an exception. */
static int
take_letters(Letters *letters, PyObject *chars, PyObject *plains)
{
    memset(letters, 0, sizeof(*letters));
    Py_ssize_t count = PyList_GET_SIZE(chars);
    if (count > MOST || PyList_GET_SIZE(plains) != count) {
        PyErr_SetString(PyExc_ValueError, "every letter has its spelling, and there are few");
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *one = PyList_GET_ITEM(chars, i);
        if (!PyBytes_Check(one) || !PyBytes_Check(PyList_GET_ITEM(plains, i))) {
            PyErr_SetString(PyExc_TypeError, "letters and spellings are bytes");
            return -1;
        }
        const uint8_t *bytes = (const uint8_t *)PyBytes_AS_STRING(one);
        Py_ssize_t size = PyBytes_GET_SIZE(one);
        if (size < 2 || size > 4 || bytes[0] < 0xC0 || width_of(bytes[0]) != size) {
            PyErr_SetString(PyExc_ValueError, "a letter is one character that is not ASCII");
            return -1;
        }
        unsigned int slot = slot_for(letters, key_of(bytes, (int)size, size));
        letters->keys[slot] = key_of(bytes, (int)size, size);
        letters->places[slot] = (uint8_t)i;
    }
    return 0;
}

/* Where the next byte stands that is not ASCII, looked for eight at a time. */
static Py_ssize_t
next_foreign(const uint8_t *bytes, Py_ssize_t at, Py_ssize_t size)
{
    for (uint64_t eight; size - at >= 8; at += 8) {
        memcpy(&eight, bytes + at, 8);
        if (eight & 0x8080808080808080u)
            break;
    }
    while (at < size && bytes[at] < 0x80)
        at++;
    return at;
}

/* Writes the text with its letters spelled, or only counts the bytes where `to` is NULL. */
static Py_ssize_t
spell(uint8_t *to, const uint8_t *bytes, Py_ssize_t size, const Letters *letters, PyObject *plains)
{
    Py_ssize_t written = 0;
    for (Py_ssize_t from = 0; from < size;) {
        Py_ssize_t at = next_foreign(bytes, from, size);
        if (to)
            memcpy(to + written, bytes + from, (size_t)(at - from));
        written += at - from;
        if (at == size)
            break;
        int width = width_of(bytes[at]);
        const void *said = bytes + at;
        Py_ssize_t length = width < size - at ? width : size - at;
        from = at + length;
        unsigned int slot = slot_for(letters, key_of(bytes + at, width, size - at));
        if (letters->keys[slot]) {
            PyObject *plain = PyList_GET_ITEM(plains, letters->places[slot]);
            said = PyBytes_AS_STRING(plain);
            length = PyBytes_GET_SIZE(plain);
        }
        if (to)
            memcpy(to + written, said, (size_t)length);
        written += length;
    }
    return written;
}

PyDoc_STRVAR(spelled_doc,
"spelled(data, letters, plains) -> data\n\n"
"UTF-8 in which each of up to 64 letters is replaced by what stands at its place in `plains`.");

static PyObject *
spelled(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    if (nargs != 3 || !PyBytes_Check(args[0]) || !PyList_Check(args[1]) || !PyList_Check(args[2])) {
        PyErr_SetString(PyExc_TypeError, "takes bytes and two lists");
        return NULL;
    }
    Letters letters;
    if (take_letters(&letters, args[1], args[2]) < 0)
        return NULL;
    const uint8_t *bytes = (const uint8_t *)PyBytes_AS_STRING(args[0]);
    Py_ssize_t size = PyBytes_GET_SIZE(args[0]);
    PyObject *made = PyBytes_FromStringAndSize(NULL, spell(NULL, bytes, size, &letters, args[2]));
    if (made)
        spell((uint8_t *)PyBytes_AS_STRING(made), bytes, size, &letters, args[2]);
    return made;
}

static PyMethodDef module_methods[] = {
    {"distinct", distinct, METH_O, distinct_doc},
    {"spelled", (PyCFunction)(void (*)(void))spelled, METH_FASTCALL, spelled_doc},
    {NULL, NULL, 0, NULL},
};

MODULE(_spelling, "Other letters, and how they are plainly written.", module_methods)
