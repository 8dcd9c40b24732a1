/* Body: the chat body that most clients send, read in one pass over its bytes.
 *
 * What body.py makes of an object whose messages are a role and a text each and whose other values
 * are texts, numbers, true, false or null, and what `words_of` in request/plain.py makes of its
 * messages, for machines on which a compiler was there when the package was installed. Both give
 * the same; tests hold them together. Whatever is not certain to be such a body is left to Python,
 * which alone says what is wrong with one. `member` does so for `usage_in` in usage.py.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "../_modules.h"
#include "_json.h"

enum { MESSAGES, MODEL, ROLE, CONTENT, INSTRUCTIONS, SYSTEM, OWN_KEYS }; /* the first of body.KEYS */
enum { PROGRAMS = 2, USER = 2 }; /* turns.ROLES: two of programs, then the user's */

/* What was said so far: all but the newest words, and of those the words of programs. */
typedef struct {
    PyObject *before, *programs;
    PyObject *newest; /* owned; NULL before the first message */
    Py_ssize_t role;  /* of the newest: its place in the roles */
    int marks;
    int plain;
} Talk;

/* The place of a word among others, or -1. */
static Py_ssize_t
place_among(const Chars *chars, PyObject *words)
{
    if (chars->escaped)
        return -1;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(words); i++) {
        PyObject *word = PyTuple_GET_ITEM(words, i);
        if (PyUnicode_GET_LENGTH(word) == chars->size &&
            memcmp(PyUnicode_1BYTE_DATA(word), chars->from, (size_t)chars->size) == 0)
            return i;
    }
    return -1;
}

/* ------------------------------------------------------------------ messages */

/* Notes what a message says: the one before it is no longer the newest. */
static Found
hear(Talk *talk, Py_ssize_t role, PyObject *text, int marks)
{
    if (role < 0 || marks & BASE64)
        talk->plain = 0;
    if (!talk->plain)
        return DONE;
    if (talk->newest != NULL && PyUnicode_GET_LENGTH(talk->newest) > 0) {
        if (PyList_Append(talk->before, talk->newest) < 0)
            return FAILED;
        if (talk->role < PROGRAMS && PyList_Append(talk->programs, talk->newest) < 0)
            return FAILED;
    }
    Py_INCREF(text);
    Py_XSETREF(talk->newest, text);
    talk->role = role;
    talk->marks = marks;
    return DONE;
}

/* A text and its place among the roles. */
static Found
role_at(Reader *reader, PyObject **made, Py_ssize_t *role)
{
    Chars chars;
    if (!chars_at(reader, &chars) || chars.escaped)
        return OTHER;
    *role = place_among(&chars, reader->roles);
    if (*role < 0)
        return text_of(&chars, made, NULL);
    *made = PyTuple_GET_ITEM(reader->roles, *role);
    Py_INCREF(*made);
    return DONE;
}

/* One of the two members of a message, into it. */
static Found
half_at(Reader *reader, PyObject *message, Py_ssize_t *role, PyObject **text, int *marks)
{
    Chars chars;
    PyObject *value = NULL;
    Found found;
    past_space(reader);
    if (!chars_at(reader, &chars))
        return OTHER;
    Py_ssize_t key = place_among(&chars, reader->keys);
    if ((key != ROLE && key != CONTENT) || !takes(reader, ':'))
        return OTHER;
    past_space(reader);
    if (key == ROLE)
        found = role_at(reader, &value, role);
    else
        found = chars_at(reader, &chars) ? text_of(&chars, &value, marks) : OTHER;
    if (found != DONE)
        return found;
    if (PyDict_SetItem(message, PyTuple_GET_ITEM(reader->keys, key), value) < 0)
        found = FAILED;
    else if (key == CONTENT)
        *text = value; /* the message holds it */
    Py_DECREF(value);
    return found;
}

static Found
message_at(Reader *reader, PyObject *message, Talk *talk)
{
    Py_ssize_t role = -1;
    PyObject *text = NULL;
    int marks = 0;
    if (!takes(reader, '{'))
        return OTHER;
    Found found = half_at(reader, message, &role, &text, &marks);
    if (found != DONE)
        return found;
    if (!takes(reader, ','))
        return OTHER;
    found = half_at(reader, message, &role, &text, &marks);
    if (found != DONE)
        return found;
    if (PyDict_Size(message) != 2 || !takes(reader, '}'))
        return OTHER;
    return hear(talk, role, text, marks);
}

static Found
rows_at(Reader *reader, PyObject *messages, Talk *talk)
{
    if (takes(reader, ']'))
        return DONE;
    do {
        PyObject *message = PyDict_New();
        if (message == NULL)
            return FAILED;
        Found found = message_at(reader, message, talk);
        if (found == DONE && PyList_Append(messages, message) < 0)
            found = FAILED;
        Py_DECREF(message);
        if (found != DONE)
            return found;
    } while (takes(reader, ','));
    return takes(reader, ']') ? DONE : OTHER;
}

static Found
messages_at(Reader *reader, PyObject **made, Talk *talk)
{
    reader->at++; /* the bracket */
    *made = PyList_New(0);
    if (*made == NULL)
        return FAILED;
    Found found = rows_at(reader, *made, talk);
    if (found != DONE)
        Py_CLEAR(*made);
    return found;
}

/* The user's last words, the words before them, and those of programs; None if they are not plain. */
static PyObject *
words_of(const Talk *talk)
{
    if (!talk->plain || talk->newest == NULL || talk->role != USER || talk->marks & TAG ||
        PyUnicode_GET_LENGTH(talk->newest) == 0 ||
        !Py_UNICODE_ISALNUM(PyUnicode_READ_CHAR(talk->newest, 0)))
        Py_RETURN_NONE;
    PyObject *before = PyList_AsTuple(talk->before);
    if (before == NULL)
        return NULL;
    PyObject *words = PyTuple_Pack(3, talk->newest, before, talk->programs);
    Py_DECREF(before);
    return words;
}

/* ------------------------------------------------------------------ the body */

typedef struct {
    PyObject *data;
    Talk talk;
    Py_ssize_t model, model_end; /* where the value stands; -1 for none */
} Body;

/* A key that cannot be taken for another: ASCII, no capital, no escape. Owned. */
static Found
key_at(Reader *reader, PyObject **made, Py_ssize_t *key)
{
    Chars chars;
    if (!chars_at(reader, &chars) || chars.escaped || !chars.ascii)
        return OTHER;
    *key = place_among(&chars, reader->keys);
    if (*key >= 0) {
        *made = PyTuple_GET_ITEM(reader->keys, *key);
        Py_INCREF(*made);
        return DONE;
    }
    for (Py_ssize_t i = 0; i < chars.size; i++)
        if (chars.from[i] >= 'A' && chars.from[i] <= 'Z')
            return OTHER;
    return text_of(&chars, made, NULL);
}

static Found
member_at(Reader *reader, const uint8_t *start, Body *body)
{
    PyObject *name = NULL, *value = NULL;
    Py_ssize_t key = -1, known = PyDict_Size(body->data);
    past_space(reader);
    Found found = key_at(reader, &name, &key);
    if (found != DONE)
        return found;
    if (!takes(reader, ':')) {
        Py_DECREF(name);
        return OTHER;
    }
    past_space(reader);
    const uint8_t *from = reader->at;
    if (key == MESSAGES && from < reader->end && *from == '[')
        found = messages_at(reader, &value, &body->talk);
    else
        found = scalar_at(reader, &value);
    if (found == DONE && PyDict_SetItem(body->data, name, value) < 0)
        found = FAILED;
    if (found == DONE && PyDict_Size(body->data) == known)
        found = OTHER; /* the key stands twice */
    Py_DECREF(name);
    Py_XDECREF(value);
    if (key == MODEL) {
        body->model = from - start;
        body->model_end = reader->at - start;
    }
    if (key == INSTRUCTIONS || key == SYSTEM)
        body->talk.plain = 0; /* words before the messages */
    return found;
}

static Found
body_at(Reader *reader, Body *body)
{
    const uint8_t *start = reader->at;
    if (!takes(reader, '{'))
        return OTHER;
    if (!takes(reader, '}')) {
        do {
            Found found = member_at(reader, start, body);
            if (found != DONE)
                return found;
        } while (takes(reader, ','));
        if (!takes(reader, '}'))
            return OTHER;
    }
    past_space(reader);
    return reader->at == reader->end ? DONE : OTHER;
}

static int
are_words(PyObject *words, Py_ssize_t least)
{
    if (!PyTuple_CheckExact(words) || PyTuple_GET_SIZE(words) < least)
        return 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(words); i++) {
        PyObject *word = PyTuple_GET_ITEM(words, i);
        if (!PyUnicode_CheckExact(word) || !PyUnicode_IS_ASCII(word))
            return 0;
    }
    return 1;
}

PyDoc_STRVAR(read_doc,
"read(raw, keys, roles) -> (data, start, end, words) or None\n\n"
"What the bytes of a plain chat body say, and where its model's value stands in them (-1, -1 for\n"
"none). `words` are the user's last ones, a tuple of those before and a list of the programs' among\n"
"these, or None where they are not plain. None for any other bytes. `keys` begin with messages,\n"
"model, role, content, instructions, system; further ones are those that come often. `roles` are\n"
"two of programs, the user's, and others.");

static PyObject *
read_body(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    if (nargs != 3 || !are_words(args[1], OWN_KEYS) || !are_words(args[2], USER + 1)) {
        PyErr_SetString(PyExc_TypeError, "takes bytes, keys and roles");
        return NULL;
    }
    if (!PyBytes_CheckExact(args[0]))
        Py_RETURN_NONE;
    const uint8_t *start = (const uint8_t *)PyBytes_AS_STRING(args[0]);
    Reader reader = {start, start + PyBytes_GET_SIZE(args[0]), args[1], args[2]};
    Body body = {PyDict_New(), {PyList_New(0), PyList_New(0), NULL, -1, 0, 1}, -1, -1};
    PyObject *result = NULL, *words = NULL;
    Found found = FAILED;
    if (body.data != NULL && body.talk.before != NULL && body.talk.programs != NULL)
        found = body_at(&reader, &body);
    if (found == DONE && (words = words_of(&body.talk)) != NULL)
        result = Py_BuildValue("(OnnN)", body.data, body.model, body.model_end, words);
    else if (found == OTHER)
        result = Py_NewRef(Py_None);
    Py_XDECREF(body.data);
    Py_XDECREF(body.talk.before);
    Py_XDECREF(body.talk.programs);
    Py_XDECREF(body.talk.newest);
    return result;
}

/* ------------------------------------------------------------------ what an answer used */

PyDoc_STRVAR(member_doc,
"member(raw, start, end) -> object or None\n\n"
"The object after a colon, from `start` and before `end`, if it holds texts, numbers and words, or\n"
"objects of these alone. None for anything else.");

static PyObject *
member(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    if (nargs != 3) {
        PyErr_SetString(PyExc_TypeError, "takes bytes and two places");
        return NULL;
    }
    if (!PyBytes_CheckExact(args[0]))
        Py_RETURN_NONE;
    Py_ssize_t start = PyLong_AsSsize_t(args[1]), end = PyLong_AsSsize_t(args[2]);
    if (PyErr_Occurred())
        return NULL;
    Py_ssize_t size = PyBytes_GET_SIZE(args[0]);
    if (end > size)
        end = size;
    if (start < 0 || start > end) {
        PyErr_SetString(PyExc_ValueError, "takes places in the bytes");
        return NULL;
    }
    const uint8_t *raw = (const uint8_t *)PyBytes_AS_STRING(args[0]);
    Reader reader = {raw + start, raw + end, NULL, NULL};
    PyObject *made = NULL;
    Found found = OTHER;
    if (takes(&reader, ':')) {
        past_space(&reader);
        if (reader.at < reader.end && *reader.at == '{')
            found = object_at(&reader, 1, &made);
    }
    if (found == OTHER)
        Py_RETURN_NONE;
    return made;
}

static PyMethodDef module_methods[] = {
    {"member", (PyCFunction)(void (*)(void))member, METH_FASTCALL, member_doc},
    {"read", (PyCFunction)(void (*)(void))read_body, METH_FASTCALL, read_doc},
    {NULL, NULL, 0, NULL},
};

MODULE(_body, "Plain chat bodies, read in one pass, and what an answer says in one member.",
       module_methods)
