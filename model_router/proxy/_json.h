/* JSON as _body.c reads it: texts, numbers, words and objects of these, strictly, and no more than it
 * is sure of.
 *
 * What is not certain to mean the same to Python's json is OTHER, and left to that.
 */
#ifndef MODEL_ROUTER_JSON_H
#define MODEL_ROUTER_JSON_H

#define MOST_DIGITS 32 /* bytes of a number */

enum { BASE64 = 1, TAG = 2 };    /* what a text is not plain with */

typedef enum { FAILED = -1, OTHER, DONE } Found; /* an error is set, it is for Python, it is read */

typedef struct {
    const uint8_t *at, *end;
    PyObject *keys, *roles; /* words that are known */
} Reader;

typedef struct {
    const uint8_t *from; /* between the quotes */
    Py_ssize_t size;
    int ascii, escaped;
} Chars;

static void
past_space(Reader *reader)
{
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\n' ||
                                        *reader->at == '\t' || *reader->at == '\r'))
        reader->at++;
}

/* Whether the next byte but for space is this one; then it is passed. */
static int
takes(Reader *reader, uint8_t byte)
{
    past_space(reader);
    if (reader->at == reader->end || *reader->at != byte)
        return 0;
    reader->at++;
    return 1;
}

/* ------------------------------------------------------------------ texts */

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
#define HIGH EACH(0x80)

/* Not 0 where one of eight bytes ends a text, begins an escape or is a control character. */
static inline uint64_t
stops(uint64_t eight)
{
    uint64_t quote = eight ^ EACH('"'), slash = eight ^ EACH('\\');
    return (((quote - EACH(1)) & ~quote) | ((slash - EACH(1)) & ~slash) |
            ((eight - EACH(0x20)) & ~eight)) & HIGH;
}

/* The text in quotes that begins here. What its escapes mean is not looked at. */
static int
chars_at(Reader *reader, Chars *found)
{
    const uint8_t *at = reader->at, *end = reader->end;
    if (at == end || *at != '"')
        return 0;
    uint64_t seen = 0, eight;
    found->from = ++at;
    found->escaped = 0;
    for (;;) {
        for (; end - at >= 8; at += 8) {
            memcpy(&eight, at, 8);
            if (stops(eight))
                break;
            seen |= eight;
        }
        while (at < end && *at != '"' && *at != '\\' && *at >= 0x20)
            seen |= *at++;
        if (at == end || *at < 0x20)
            return 0;
        if (*at == '"')
            break;
        found->escaped = 1;
        if (end - at < 2)
            return 0;
        at += 2;
    }
    found->size = at - found->from;
    found->ascii = (seen & HIGH) == 0;
    reader->at = at + 1;
    return 1;
}

/* The code unit of four hexadecimal digits, or -1. */
static int
unit_at(const uint8_t *at)
{
    int unit = 0;
    for (int i = 0; i < 4; i++) {
        uint8_t byte = at[i], small = byte | 0x20;
        if (byte >= '0' && byte <= '9')
            unit = unit * 16 + (byte - '0');
        else if (small >= 'a' && small <= 'f')
            unit = unit * 16 + (small - 'a' + 10);
        else
            return -1;
    }
    return unit;
}

static uint8_t *
put_utf8(uint8_t *to, uint32_t code)
{
    if (code < 0x80) {
        *to++ = (uint8_t)code;
        return to;
    }
    if (code < 0x800) {
        *to++ = (uint8_t)(0xC0 | code >> 6);
    } else {
        if (code < 0x10000) {
            *to++ = (uint8_t)(0xE0 | code >> 12);
        } else {
            *to++ = (uint8_t)(0xF0 | code >> 18);
            *to++ = (uint8_t)(0x80 | (code >> 12 & 0x3F));
        }
        *to++ = (uint8_t)(0x80 | (code >> 6 & 0x3F));
    }
    *to++ = (uint8_t)(0x80 | (code & 0x3F));
    return to;
}

/* The bytes after a \u as UTF-8; NULL for no digits, and for half of a pair. */
static uint8_t *
put_unit(const uint8_t **from, const uint8_t *end, uint8_t *to)
{
    const uint8_t *at = *from;
    int unit = end - at < 4 ? -1 : unit_at(at);
    if (unit < 0)
        return NULL;
    uint32_t code = (uint32_t)unit;
    at += 4;
    if (unit >= 0xD800 && unit <= 0xDFFF) {
        if (unit >= 0xDC00 || end - at < 6 || at[0] != '\\' || at[1] != 'u')
            return NULL;
        int low = unit_at(at + 2);
        if (low < 0xDC00 || low > 0xDFFF)
            return NULL;
        code = 0x10000 + ((code - 0xD800) << 10) + ((uint32_t)low - 0xDC00);
        at += 6;
    }
    *from = at;
    return put_utf8(to, code);
}

/* The bytes of a text without its escapes, which are never fewer; -1 for one that JSON has not. */
static Py_ssize_t
unescaped(const Chars *chars, uint8_t *to)
{
    const uint8_t *at = chars->from, *end = at + chars->size, *next;
    uint8_t *began = to;
    while ((next = memchr(at, '\\', (size_t)(end - at))) != NULL) {
        memcpy(to, at, (size_t)(next - at));
        to += next - at;
        at = next + 2; /* `chars_at` saw a byte behind each backslash */
        switch (next[1]) {
        case '"': case '\\': case '/': *to++ = next[1]; break;
        case 'b': *to++ = '\b'; break;
        case 'f': *to++ = '\f'; break;
        case 'n': *to++ = '\n'; break;
        case 'r': *to++ = '\r'; break;
        case 't': *to++ = '\t'; break;
        case 'u':
            to = put_unit(&at, end, to);
            if (to == NULL)
                return -1;
            break;
        default: return -1;
        }
    }
    memcpy(to, at, (size_t)(end - at));
    return to + (end - at) - began;
}

static int
has(const uint8_t *text, Py_ssize_t size, const char *word, Py_ssize_t length)
{
    const uint8_t *at = text, *end = text + size;
    while (end - at >= length &&
           (at = memchr(at, word[0], (size_t)(end - at - length + 1))) != NULL) {
        if (memcmp(at, word, (size_t)length) == 0)
            return 1;
        at++;
    }
    return 0;
}

static Found
decoded(const uint8_t *text, Py_ssize_t size, int ascii, PyObject **made)
{
    if (ascii && size > 1) {
        *made = PyUnicode_New(size, 127);
        if (*made == NULL)
            return FAILED;
        memcpy(PyUnicode_1BYTE_DATA(*made), text, (size_t)size);
        return DONE;
    }
    *made = PyUnicode_DecodeUTF8((const char *)text, size, NULL);
    if (*made != NULL)
        return DONE;
    if (!PyErr_ExceptionMatches(PyExc_UnicodeDecodeError))
        return FAILED;
    PyErr_Clear();
    return OTHER;
}

/* A text. Where `marks` are asked for: what it is not plain with. */
static Found
text_of(const Chars *chars, PyObject **made, int *marks)
{
    const uint8_t *text = chars->from;
    uint8_t *room = NULL;
    Py_ssize_t size = chars->size;
    int ascii = chars->ascii;
    if (chars->escaped) {
        text = room = PyMem_Malloc((size_t)size);
        if (room == NULL) {
            PyErr_NoMemory();
            return FAILED;
        }
        size = unescaped(chars, room);
        ascii = 0; /* it may be, but who knows */
    }
    Found found = size < 0 ? OTHER : decoded(text, size, ascii, made);
    if (found == DONE && marks != NULL)
        *marks = (has(text, size, ";base64,", 8) ? BASE64 : 0) | (has(text, size, "</", 2) ? TAG : 0);
    PyMem_Free(room);
    return found;
}

/* ------------------------------------------------------------------ other values */

static Py_ssize_t
digits_at(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *from = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at - from;
}

/* A number as JSON writes it, if it is short. */
static Found
number_at(Reader *reader, PyObject **made)
{
    const uint8_t *from = reader->at, *end = reader->end, *at = from + (*from == '-');
    char copy[MOST_DIGITS + 1];
    int whole = 1;
    Py_ssize_t digits = digits_at(at, end);
    if (digits == 0 || (digits > 1 && *at == '0'))
        return OTHER;
    at += digits;
    if (at < end && *at == '.') {
        whole = 0;
        digits = digits_at(++at, end);
        if (digits == 0)
            return OTHER;
        at += digits;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        whole = 0;
        at++;
        at += at < end && (*at == '+' || *at == '-');
        digits = digits_at(at, end);
        if (digits == 0)
            return OTHER;
        at += digits;
    }
    if (at - from > MOST_DIGITS)
        return OTHER;
    memcpy(copy, from, (size_t)(at - from));
    copy[at - from] = 0;
    if (whole) {
        *made = PyLong_FromString(copy, NULL, 10);
    } else {
        double value = PyOS_string_to_double(copy, NULL, NULL);
        *made = value == -1.0 && PyErr_Occurred() ? NULL : PyFloat_FromDouble(value);
    }
    reader->at = at;
    return *made == NULL ? FAILED : DONE;
}

static Found
word_at(Reader *reader, const char *word, Py_ssize_t size, PyObject *meant, PyObject **made)
{
    if (reader->end - reader->at < size || memcmp(reader->at, word, (size_t)size) != 0)
        return OTHER;
    reader->at += size;
    Py_INCREF(meant);
    *made = meant;
    return DONE;
}

static Found
scalar_at(Reader *reader, PyObject **made)
{
    Chars chars;
    if (reader->at == reader->end)
        return OTHER;
    switch (*reader->at) {
    case '"': return chars_at(reader, &chars) ? text_of(&chars, made, NULL) : OTHER;
    case 't': return word_at(reader, "true", 4, Py_True, made);
    case 'f': return word_at(reader, "false", 5, Py_False, made);
    case 'n': return word_at(reader, "null", 4, Py_None, made);
    case '-': case '0': case '1': case '2': case '3': case '4':
    case '5': case '6': case '7': case '8': case '9': return number_at(reader, made);
    default: return OTHER;
    }
}

/* ------------------------------------------------------------------ objects */

static Found value_at(Reader *reader, int depth, PyObject **made);

static Found
pair_at(Reader *reader, int depth, PyObject *object)
{
    Chars chars;
    PyObject *key = NULL, *value = NULL;
    past_space(reader);
    if (!chars_at(reader, &chars))
        return OTHER;
    Found found = text_of(&chars, &key, NULL);
    if (found != DONE)
        return found;
    found = OTHER;
    if (takes(reader, ':')) {
        past_space(reader);
        found = value_at(reader, depth, &value);
    }
    if (found == DONE && PyDict_SetItem(object, key, value) < 0)
        found = FAILED;
    Py_DECREF(key);
    Py_XDECREF(value);
    return found;
}

static Found
object_at(Reader *reader, int depth, PyObject **made)
{
    PyObject *object = PyDict_New();
    if (object == NULL)
        return FAILED;
    Found found = DONE;
    reader->at++; /* the brace */
    if (!takes(reader, '}')) {
        do
            found = pair_at(reader, depth, object);
        while (found == DONE && takes(reader, ','));
        if (found == DONE && !takes(reader, '}'))
            found = OTHER;
    }
    if (found == DONE)
        *made = object;
    else
        Py_DECREF(object);
    return found;
}

/* A value: an object only so deep. */
static Found
value_at(Reader *reader, int depth, PyObject **made)
{
    if (depth > 0 && reader->at < reader->end && *reader->at == '{')
        return object_at(reader, depth - 1, made);
    return scalar_at(reader, made);
}

#endif
