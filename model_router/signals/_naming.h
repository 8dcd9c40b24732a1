/* Naming: the actions of long texts, read in several streams. */
#ifndef MODEL_ROUTER_NAMING_H
#define MODEL_ROUTER_NAMING_H

#include "_collecting.h"

#define OVERLAP 128    /* automaton.OVERLAP: no literal is longer */
#define STREAMS 4      /* parts of a piece that are read side by side */
#define MOST_TOLD 256  /* places in each of them at which literals may end */

typedef struct {
    Py_ssize_t at; /* behind the byte */
    uint32_t node;
} Told;

typedef struct {
    Py_ssize_t start, end;
    uint32_t signal;
} Named;

typedef struct {
    Named *named;
    size_t count, room;
} Names;

/* Adds the actions that end at a place and begin in `first`:`last`. -1 when memory runs out. */
static int
add_names(Names *names, const Automaton *self, Told place, Py_ssize_t first, Py_ssize_t last)
{
    for (uint32_t told = self->nodes[place.node].told; told; told = shorter(self, told))
        for (uint32_t next = self->nodes[told].ends; next; next = self->literals[next - 1].same) {
            const Literal *literal = &self->literals[next - 1];
            Py_ssize_t start = place.at - literal->length;
            if (start < first || start >= last || literal->role != ACTION || next > self->plain)
                continue;
            if (names->count == names->room) {
                size_t room = 2 * names->room + 64;
                Named *grown = realloc(names->named, room * sizeof(Named));
                if (grown == NULL)
                    return -1;
                names->named = grown;
                names->room = room;
            }
            names->named[names->count++] = (Named){start, place.at, literal->what};
        }
    return 0;
}

/* Reads from `at` to `stop` and adds what begins in `first`:`last`. */
static int
name_on(Names *names, const Automaton *self, uint32_t node, const uint8_t *data, Py_ssize_t at,
        Py_ssize_t stop, Py_ssize_t first, Py_ssize_t last)
{
    while (at < stop) {
        node = step_to_told(self, node, data, &at, stop);
        if (add_names(names, self, (Told){at, node}, first, last) < 0)
            return -1;
    }
    return 0;
}

/* Reads `count` bytes of each stream, which does not wait for memory as long as one would. 0 when
 * literals end at more places than there is room for. */
static int
read_streams(const Automaton *self, const uint8_t *const *streams, Py_ssize_t count,
             uint32_t *entries, Told told[][MOST_TOLD], size_t *counts)
{
    const uint32_t *places = self->places;
    const uint16_t *class_of = self->class_of;
    for (Py_ssize_t i = 0; i < count; i++) {
        uint32_t any = 0;
        for (int k = 0; k < STREAMS; k++) {
            entries[k] = places[(entries[k] & ~TELLS) + class_of[streams[k][i]]];
            any |= entries[k];
        }
        if (!(any & TELLS))
            continue;
        for (int k = 0; k < STREAMS; k++)
            if (entries[k] & TELLS) {
                if (counts[k] == MOST_TOLD)
                    return 0;
                told[k][counts[k]++] = (Told){i + 1, (entries[k] & ~TELLS) / self->classes};
            }
    }
    return 1;
}

/* The order of one stream: by their ends, the longest first. Only at the seams is any moved. */
static void
sort_names(Names *names)
{
    for (size_t i = 1; i < names->count; i++) {
        Named one = names->named[i];
        size_t at = i;
        for (; at; at--) {
            const Named *last = &names->named[at - 1];
            if (last->end < one.end || (last->end == one.end && last->start <= one.start))
                break;
            names->named[at] = *last;
        }
        names->named[at] = one;
    }
}

/* Names the actions of a piece in several streams. 1 when done, 0 when it is not for them. */
static int
name_in_streams(Names *names, const Automaton *self, const uint8_t *data, Py_ssize_t first,
                Py_ssize_t last, Py_ssize_t stop)
{
    Told told[STREAMS][MOST_TOLD];
    size_t counts[STREAMS] = {0};
    uint32_t entries[STREAMS] = {0};
    const uint8_t *streams[STREAMS];
    Py_ssize_t part = (last - first) / STREAMS, count = part + OVERLAP;
    if (self->places == NULL || part < 4 * OVERLAP)
        return 0;
    if (first + (STREAMS - 1) * part + count > stop)
        count = stop - first - (STREAMS - 1) * part;
    for (int k = 0; k < STREAMS; k++)
        streams[k] = data + first + k * part;
    if (!read_streams(self, streams, count, entries, told, counts))
        return 0;
    for (int k = 0; k < STREAMS; k++) {
        Py_ssize_t from = first + k * part, to = k == STREAMS - 1 ? last : from + part;
        Py_ssize_t until = to + OVERLAP < stop ? to + OVERLAP : stop;
        for (size_t i = 0; i < counts[k]; i++) {
            Told place = {from + told[k][i].at, told[k][i].node};
            if (add_names(names, self, place, from, to) < 0)
                return -1;
        }
        uint32_t node = (entries[k] & ~TELLS) / self->classes;
        if (name_on(names, self, node, data, from + count, until, from, to) < 0)
            return -1;
    }
    sort_names(names);
    return 1;
}

static PyObject *
names_list(const Names *names, PyObject *reading)
{
    PyObject *list = PyList_New((Py_ssize_t)names->count);
    for (size_t i = 0; list && i < names->count; i++) {
        const Named *one = &names->named[i];
        PyObject *hit = hit_of(one->signal, one->start, one->end, reading);
        if (hit == NULL)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, (Py_ssize_t)i, hit);
    }
    return list;
}

#endif
