/* Looks: cheap ones at the words around a hit, each of bounded length. */
#ifndef MODEL_ROUTER_LOOKS_H
#define MODEL_ROUTER_LOOKS_H

#include "_wordset.h"

#define NEAR_ON 60    /* candidates.NEAR_ON */
#define FRONT_BACK 72 /* candidates.FRONT_BACK */
#define REACH_BACK 240 /* clause.REACH_BACK */
#define REACH_ON 200  /* clause.REACH_ON */
#define LOOKED_BACK 32 /* clause.LOOKED_BACK */
#define WORD_BACK 16  /* bytes in which the word before a verb is looked for */

typedef struct {
    uint32_t objects; /* which of the sets */
    Py_ssize_t back;
    uint8_t known, compound, strong, passive, order;
} Rule;

typedef struct {
    PyObject_HEAD
    Rule *rules;
    size_t rule_count;
    WordSet *sets;
    size_t set_count;
    WordSet befores; /* phrases.BEFORE_ORDERS */
    WordSet fronts;  /* clause.FRONTS and "use" */
    WordSet wanting; /* wishes.WANTING */
    WordSet lasts;   /* clause.PAIRS: words before a verb that need another before them, */
    WordSet pairs;   /* and both, with a space between them */
    uint8_t inside[256];
} Sifter;

/* Where ". " first stands in the marks of `from`:`to`, or -1. */
static Py_ssize_t
next_stop(const Hit *hit, Py_ssize_t from, Py_ssize_t to)
{
    if (to > hit->length)
        to = hit->length;
    for (; from + 1 < to; from++)
        if (hit->marks[from] == '.' && hit->marks[from + 1] == ' ')
            return from;
    return -1;
}

static Py_ssize_t
last_stop(const Hit *hit, Py_ssize_t from, Py_ssize_t to)
{
    for (to -= 2; to >= from; to--)
        if (hit->marks[to] == '.' && hit->marks[to + 1] == ' ')
            return to;
    return -1;
}

/* Whether one of the fronts and a space stand at `at` of the marks, before `to`. */
static int
is_front(const WordSet *fronts, const uint8_t *marks, Py_ssize_t at, Py_ssize_t to)
{
    uint8_t lower[WORD_BACK];
    Py_ssize_t length = 0;
    for (; at < to && marks[at] != ' '; at++) {
        if (length == WORD_BACK)
            return 0;
        lower[length++] = marks[at] >= 'A' && marks[at] <= 'Z' ? marks[at] + 32 : marks[at];
    }
    return at < to && length && has(fronts, (Span){lower, length});
}

/* Whether the sentence opens with a place, a time or a means: "on the server delete ...". */
static int
follows_a_front(const Sifter *self, const Hit *hit)
{
    const uint8_t *marks = hit->marks;
    Py_ssize_t at = hit->start > FRONT_BACK ? hit->start - FRONT_BACK : -1;
    for (; at < hit->start; at++) {
        Py_ssize_t next = at + 1;
        if (at >= 0) { /* the text itself opens like a line */
            uint8_t byte = marks[at];
            if (byte == ' ' || (byte > '?' && byte != 0xE3)) /* most of a text */
                continue;
            if (byte == 0xE3 && at + 2 < hit->start && marks[at + 1] == 0x80 && marks[at + 2] == 0x82)
                next = at + 3;
            else if (byte != '.' && byte != '!' && byte != '?' && byte != ';' && byte != '\n')
                continue;
        }
        while (next < hit->start && is_blank(marks[next]))
            next++;
        if (is_front(&self->fronts, marks, next, hit->start))
            return 1;
    }
    return 0;
}

/* Whether the word before a verb in the middle of a sentence may make an order of it. */
static int
led_up_to(const Sifter *self, const Hit *hit)
{
    Py_ssize_t floor = hit->start > WORD_BACK ? hit->start - WORD_BACK : 0, from = hit->start;
    while (from > floor && hit->words[from - 1] != ' ')
        from--;
    Span previous = {hit->words + from, hit->start - from};
    if (has(&self->befores, previous) || hit->marks[hit->start - 1] == ',')
        return 1;
    if (previous.length && previous.bytes[0] == '@')
        return 1;
    return follows_a_front(self, hit);
}

static int
stands_near(const WordSet *objects, const Rule *rule, const Hit *hit)
{
    Py_ssize_t first = hit->start > rule->back ? hit->start - rule->back : 0;
    if (!rule->compound && !holds_word(objects, hit, first, hit->end + NEAR_ON))
        return 0;
    Py_ssize_t stop = last_stop(hit, first, hit->start);
    Py_ssize_t last = next_stop(hit, hit->end, hit->end + NEAR_ON);
    return names_object(objects, hit, stop > 0 ? stop : first,
                        last > 0 ? last : hit->end + NEAR_ON, rule->compound);
}

/* Where the sentence of a hit begins, not more than REACH_BACK bytes before it. */
static Py_ssize_t
opening(const Hit *hit)
{
    Py_ssize_t first = hit->start > REACH_BACK ? hit->start - REACH_BACK : 0;
    for (Py_ssize_t at = hit->start; at >= first; at--) {
        uint8_t mark = at > first ? hit->marks[at - 1] : 0;
        if (hit->marks[at] == '\n' || (hit->marks[at] == ' ' && (mark == '.' || mark == '!' ||
                                                                mark == '?' || mark == ';')))
            return at;
    }
    return first;
}

static int
must_be(const Hit *hit)
{
    for (Py_ssize_t at = hit->start; at + 4 <= hit->end; at++)
        if (memcmp(hit->words + at, " be ", 4) == 0)
            return 1;
    return 0;
}

/* Whether the sentence before a participle may want the deed: "I want my files deleted". */
static int
wished(const Sifter *self, const Rule *rule, const Hit *hit)
{
    const WordSet *objects = &self->sets[rule->objects];
    Py_ssize_t first = opening(hit), back = hit->start - rule->back;
    if (!must_be(hit) && !holds_word(&self->wanting, hit, first, hit->start + 1))
        return 0;
    return !objects->size ||
           names_object(objects, hit, back > first ? back : first, hit->start + 1, 0);
}

/* Whether the two words before a verb tell that nothing leads up to it: "had to pay". */
static int
leads_nowhere(const Sifter *self, const Rule *rule, const Hit *hit)
{
    const uint8_t *marks = hit->marks;
    Py_ssize_t start = hit->start, at = start - LOOKED_BACK;
    if (at < 0 || hit->words[start] != ' ' || marks[start] != ' ' || marks[start - 1] < 'a' ||
        marks[start - 1] > 'z' || memchr(marks + at, '>', LOOKED_BACK))
        return 0;
    Span last = {NULL, 0}, before = {NULL, 0}, word;
    int count = 0;
    for (; (word = next_word(hit->words, &at, start)).length; count++) {
        before = last;
        last = word;
    }
    if (count < 3 || !has(&self->lasts, last))
        return 0;
    uint8_t both[2 * LOOKED_BACK];
    memcpy(both, before.bytes, (size_t)before.length);
    both[before.length] = ' ';
    memcpy(both + before.length + 1, last.bytes, (size_t)last.length);
    if (has(&self->pairs, (Span){both, before.length + 1 + last.length}))
        return 0;
    Py_ssize_t until = hit->end + REACH_ON < hit->length ? hit->end + REACH_ON : hit->length;
    for (at = hit->end; rule->strong && at + 1 < until; at++)
        if (marks[at] == '-' && marks[at + 1] == '-') /* the verb of a program */
            return 0;
    return !follows_a_front(self, hit);
}

static int
likely(const Sifter *self, const Rule *rule, const Hit *hit, int weighed)
{
    const uint8_t *marks = hit->marks;
    uint8_t before = marks[hit->start ? hit->start - 1 : hit->length - 1];
    if (marks[hit->start] == '-' && before == ' ') /* an option: find . -delete */
        return 1;
    if (rule->strong && marks[hit->end - 1] == '-') /* aws iam delete-user */
        return 1;
    if (rule->passive)
        return wished(self, rule, hit);
    const WordSet *objects = &self->sets[rule->objects];
    if (rule->back)
        return !objects->size || stands_near(objects, rule, hit);
    if (marks[hit->start] == ' ' && self->inside[before] && !led_up_to(self, hit))
        return 0;
    if (!weighed && rule->order && leads_nowhere(self, rule, hit))
        return 0;
    if (!objects->size)
        return 1;
    Py_ssize_t last = next_stop(hit, hit->end, hit->end + NEAR_ON);
    return names_object(objects, hit, hit->end - 1, last > 0 ? last : hit->end + NEAR_ON, 0);
}

#endif
