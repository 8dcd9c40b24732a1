/* Shapes: what can be seen of a text without reading its words.
 *
 * What `Shapes.beside_length` in shapes.py tells, for machines on which a compiler was there when
 * the package was installed. The two tell the same; tests hold them together.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "../_lanes.h"
#include "../_modules.h"

#define MOST_MARKS 1024 /* symbols that are kept where they stand on the stack */

enum { /* the order of shapes.IN_C */
    NUMBER, NUMBERS_2, NUMBERS_4, NUMBERS_8,
    FENCE, CODE, LATEX, FORMULA, OPTIONS, LINES, ITEMS, URL, QUESTION, QUESTIONS,
    SHAPES
};

typedef struct {
    PyObject_HEAD
    uint16_t bits[SHAPES]; /* of each shape: its signal's, or MOST_BITS where there is none */
} Shapes;

typedef struct {
    const char *bytes;
    Py_ssize_t size;
} Text;

static PyObject *
shapes_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"bits", NULL};
    PyObject *bits;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!", names, &PyList_Type, &bits))
        return NULL;
    if (PyList_GET_SIZE(bits) != SHAPES) {
        PyErr_SetString(PyExc_ValueError, "every shape has a place, and no other");
        return NULL;
    }
    Shapes *self = (Shapes *)type->tp_alloc(type, 0);
    for (int i = 0; self && i < SHAPES; i++) {
        long bit = PyLong_AsLong(PyList_GET_ITEM(bits, i));
        if (bit < -1 || bit >= MOST_BITS) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_OverflowError, "the signals are too many");
            Py_CLEAR(self);
        } else if (PyErr_Occurred())
            Py_CLEAR(self);
        else
            self->bits[i] = bit < 0 ? MOST_BITS : (uint16_t)bit;
    }
    return (PyObject *)self;
}

static void
shapes_dealloc(Shapes *self)
{
    PyTypeObject *type = Py_TYPE(self);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

/* ---- looking for a few characters ---- */

/* How often they stand in a text, up to `most` times. */
static int
count(Text text, const char *wanted, int most)
{
    Py_ssize_t length = (Py_ssize_t)strlen(wanted);
    const char *at = text.bytes, *end = text.bytes + text.size;
    int found = 0;
    while (found < most && end - at >= length &&
           (at = memchr(at, wanted[0], (size_t)(end - at - length + 1)))) {
        int same = memcmp(at, wanted, (size_t)length) == 0;
        found += same;
        at += same ? length : 1;
    }
    return found;
}

static int
has(Text text, const char *wanted)
{
    return count(text, wanted, 1);
}

/* ---- the tests ---- */

static int
is_code(Text marks)
{
    static const char *const kinds[] = {"():", ");", "){", "=>", "==", "!=", "->", "</", "/>",
                                        "::", "};", "&&"};
    int found = 0;
    for (size_t i = 0; found < 2 && i < sizeof(kinds) / sizeof(*kinds); i++)
        found += has(marks, kinds[i]);
    return found >= 2;
}

static int
is_latex(Text text, Text marks)
{
    static const char *const commands[] = {"\\frac", "\\sqrt", "\\(", "\\[", "\\sum", "\\int"};
    int signs = count(marks, "$", 2) > 1;
    if (signs && (has(marks, "^") || has(marks, "_{")))
        return 1;
    if (!has(marks, "\\"))
        return 0;
    if (signs)
        return 1;
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
        if (has(text, commands[i]))
            return 1;
    return 0;
}

static int
is_formula(Text text)
{
    return has(text, "^") || has(text, "x +") || has(text, "x -") || has(text, "x)");
}

static int
is_options(Text text, Text marks)
{
    if (count(marks, ")", 2) < 2 && count(marks, ".", 3) < 3)
        return 0;
    return (has(text, "B)") && has(text, "A)")) ||
           (has(text, "B.") && has(text, "A.") && has(text, "C."));
}

static int
lists_items(Text text, Text marks)
{
    int may = count(marks, "\n-", 2) + count(marks, "\n*", 2) + count(marks, "\n.", 2);
    return may > 1 && count(text, "\n- ", 2) + count(text, "\n* ", 2) + count(text, "\n1.", 2) +
                              count(text, "\n2.", 2) >= 2;
}

static int
is_url(Text text, Text marks)
{
    if (!has(marks, "://") && count(marks, ".", 2) < 2)
        return 0;
    return has(text, "://") || has(text, "www.");
}

/* Whether a text ends with a question mark: the usual one, the wide or the Arabic. */
static int
is_question(Text text)
{
    Py_ssize_t end = text.size;
    while (end > 0 && memchr(" \n\"')", text.bytes[end - 1], 5))
        end--;
    const char *last = text.bytes + end;
    return (end > 0 && last[-1] == '?') || (end > 1 && memcmp(last - 2, "\xd8\x9f", 2) == 0) ||
           (end > 2 && memcmp(last - 3, "\xef\xbc\x9f", 3) == 0);
}

/* How many numbers there are, up to `most`. */
static int
numbers_in(Text words, int most)
{
    int found = 0, inside = 0;
    for (Py_ssize_t i = 0; i < words.size && found < most; i++) {
        int digit = words.bytes[i] >= '0' && words.bytes[i] <= '9';
        found += digit && !inside;
        inside = digit;
    }
    return found;
}

/* ---- what a text has ---- */

typedef struct {
    uint8_t bytes[MOST_BITS / 8 + 1];
    size_t size;
} Bits;

static void
set(Bits *bits, const Shapes *self, int shape)
{
    size_t at = self->bits[shape] / 8;
    if (self->bits[shape] == MOST_BITS)
        return;
    while (bits->size <= at)
        bits->bytes[bits->size++] = 0;
    bits->bytes[at] |= (uint8_t)(1 << self->bits[shape] % 8);
}

static void
see(Bits *bits, const Shapes *self, Text text, Text marks)
{
    if (has(marks, "```"))
        set(bits, self, FENCE);
    if (is_code(marks))
        set(bits, self, CODE);
    if (is_latex(text, marks))
        set(bits, self, LATEX);
    if (has(marks, "=") && is_formula(text))
        set(bits, self, FORMULA);
    if (is_options(text, marks))
        set(bits, self, OPTIONS);
    if (is_url(text, marks))
        set(bits, self, URL);
    if (has(marks, "\n")) {
        if (count(marks, "\n", 8) >= 8)
            set(bits, self, LINES);
        if (lists_items(text, marks))
            set(bits, self, ITEMS);
    }
    if (has(marks, "?")) {
        if (is_question(text))
            set(bits, self, QUESTION);
        if (count(marks, "?", 2) >= 2)
            set(bits, self, QUESTIONS);
    }
}

PyDoc_STRVAR(beside_length_doc,
"beside_length(text, words, symbols) -> bits\n\n"
"The shapes of an ASCII text, or of one in UTF-8, with the words of its reading and its symbols, as\n"
"shapes.Shapes.beside_length gives them. ValueError for any other text.");

static PyObject *
beside_length(Shapes *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != 3 || !(PyUnicode_Check(args[0]) || PyBytes_Check(args[0])) ||
        !PyBytes_Check(args[1]) || !PyBytes_Check(args[2])) {
        PyErr_SetString(PyExc_TypeError, "takes a text, its words and its symbols");
        return NULL;
    }
    if (PyUnicode_Check(args[0]) && !PyUnicode_IS_ASCII(args[0])) {
        PyErr_SetString(PyExc_ValueError, "takes an ASCII text");
        return NULL;
    }
    char kept[MOST_MARKS], *marks = kept;
    const char *symbols = PyBytes_AS_STRING(args[2]);
    Py_ssize_t count = PyBytes_GET_SIZE(args[2]), left = 0;
    if (count > MOST_MARKS && (marks = PyMem_Malloc((size_t)count)) == NULL)
        return PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < count; i++) {
        marks[left] = symbols[i];
        left += symbols[i] < '0' || symbols[i] > '9';
    }
    Bits bits;
    bits.size = 0;
    Text text;
    if (PyBytes_Check(args[0]))
        text = (Text){PyBytes_AS_STRING(args[0]), PyBytes_GET_SIZE(args[0])};
    else
        text = (Text){(const char *)PyUnicode_1BYTE_DATA(args[0]), PyUnicode_GET_LENGTH(args[0])};
    see(&bits, self, text, (Text){marks, left});
    if (left < count) {
        Text words = {PyBytes_AS_STRING(args[1]), PyBytes_GET_SIZE(args[1])};
        int numbers = count - left == 1 ? 1 : numbers_in(words, 8);
        static const int least[] = {1, 2, 4, 8};
        for (int i = 0; i < 4 && numbers >= least[i]; i++)
            set(&bits, self, NUMBER + i);
    }
    if (marks != kept)
        PyMem_Free(marks);
    return number_of(bits.bytes, bits.size, 0);
}

static PyMethodDef shapes_methods[] = {
    {"beside_length", (PyCFunction)(void (*)(void))beside_length, METH_FASTCALL,
     beside_length_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot shapes_slots[] = {
    {Py_tp_doc, "Shapes(bits)\n\nFor each of shapes.IN_C the bit of its signal, or -1."},
    {Py_tp_new, shapes_new},
    {Py_tp_dealloc, shapes_dealloc},
    {Py_tp_methods, shapes_methods},
    {0, NULL},
};

static PyType_Spec shapes_spec = {
    "model_router.signals._shapes.Shapes",
    sizeof(Shapes),
    0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    shapes_slots,
};

MODULE_OF_TYPE(_shapes, "What can be seen of a text without reading its words.", shapes_spec)
