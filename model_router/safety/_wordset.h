/* Words: sets of them, and the words of a reading around a hit. */
#ifndef MODEL_ROUTER_WORDSET_H
#define MODEL_ROUTER_WORDSET_H

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define SHORTEST_ENDING 5 /* foreign.COMPOUND and what belongs to it */
#define COMPOUND 10
#define LONGEST_COMPOUND 30
#define MOST_COMPOUNDS 3

typedef struct {
    const uint8_t *bytes;
    Py_ssize_t length;
} Span;

typedef struct {
    Span *slots; /* a power of two of them; empty where `bytes` is NULL */
    uint32_t mask;
    uint32_t size;
    uint64_t lengths[256]; /* of the words with this first byte: which lengths there are */
    uint32_t pairs[32];    /* of the words with this first byte, by 5 bits: their second bytes */
    PyObject *words; /* keeps the bytes alive */
} WordSet;

static uint32_t
hash_of(Span word)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (Py_ssize_t i = 0; i < word.length; i++)
        hash = (hash ^ word.bytes[i]) * 16777619u;
    return hash ^ hash >> 15;
}

static int
has(const WordSet *set, Span word)
{
    if (!word.length || !(set->lengths[word.bytes[0]] >> (word.length & 63) & 1))
        return 0; /* as for most words, which are not looked up then */
    for (uint32_t at = hash_of(word) & set->mask; set->slots[at].bytes; at = (at + 1) & set->mask)
        if (set->slots[at].length == word.length &&
            memcmp(set->slots[at].bytes, word.bytes, (size_t)word.length) == 0)
            return 1;
    return 0;
}

static int
wordset_init(WordSet *set, PyObject *words)
{
    Py_ssize_t size = PySequence_Size(words);
    if (size < 0)
        return -1;
    uint32_t slots = 4;
    while (slots < 2 * (size_t)size + 1)
        slots *= 2;
    set->slots = calloc(slots, sizeof(Span));
    set->words = PySequence_Fast(words, "takes sequences of words");
    if (set->slots == NULL || set->words == NULL) {
        if (!PyErr_Occurred())
            PyErr_NoMemory();
        return -1;
    }
    set->mask = slots - 1;
    for (Py_ssize_t i = 0; i < size; i++) {
        PyObject *item = PySequence_Fast_GET_ITEM(set->words, i);
        if (!PyBytes_Check(item)) {
            PyErr_SetString(PyExc_TypeError, "a word is bytes");
            return -1;
        }
        Span word = {(const uint8_t *)PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item)};
        if (has(set, word))
            continue;
        uint32_t at = hash_of(word) & set->mask;
        while (set->slots[at].bytes)
            at = (at + 1) & set->mask;
        set->slots[at] = word;
        if (word.length) {
            set->lengths[word.bytes[0]] |= (uint64_t)1 << (word.length & 63);
            uint8_t second = word.length > 1 ? word.bytes[1] : ' ';
            set->pairs[word.bytes[0] & 31] |= 1u << (second & 31);
        }
        set->size++;
    }
    return 0;
}

static void
wordset_clear(WordSet *set)
{
    free(set->slots);
    Py_XDECREF(set->words);
}

typedef struct {
    const uint8_t *words, *marks;
    Py_ssize_t length, start, end;
} Hit;

/* The next word in `*at`:`last`, as bytes.split() gives them; its length is 0 after the last. */
static Span
next_word(const uint8_t *words, Py_ssize_t *at, Py_ssize_t last)
{
    Py_ssize_t from = *at;
    while (from < last && is_blank(words[from]))
        from++;
    Py_ssize_t to = from;
    while (to < last && !is_blank(words[to]))
        to++;
    *at = to;
    return (Span){words + from, to - from};
}

static int
ends_with_object(const WordSet *objects, Span word)
{
    for (Py_ssize_t length = SHORTEST_ENDING; length <= word.length; length++)
        if (has(objects, (Span){word.bytes + word.length - length, length}))
            return 1;
    return 0;
}

static int
is_ascii(Span word)
{
    for (Py_ssize_t i = 0; i < word.length; i++)
        if (word.bytes[i] >= 0x80)
            return 0;
    return 1;
}

/* Whether a word of `from`:`to` is an object, or where `compound` one of the long ones ends so. */
static int
names_object(const WordSet *objects, const Hit *hit, Py_ssize_t from, Py_ssize_t to, int compound)
{
    int compounds = 0;
    if (to > hit->length)
        to = hit->length;
    for (Span word; (word = next_word(hit->words, &from, to)).length;) {
        if (has(objects, word))
            return 1;
        if (compound && compounds < MOST_COMPOUNDS && word.length >= COMPOUND &&
            word.length <= LONGEST_COMPOUND && is_ascii(word)) {
            compounds++;
            if (ends_with_object(objects, word))
                return 1;
        }
    }
    return 0;
}

static int
first_bit(uint64_t bits)
{
#if defined(__GNUC__)
    return __builtin_ctzll(bits);
#else
    int at = 0;
    while (!(bits >> at & 1))
        at++;
    return at;
#endif
}

/* A bit for each of 64 bytes that is no space: sixteen at a time where the machine can, or eight. */
#ifdef __SSE2__
static uint64_t
letters_in(const uint8_t *bytes)
{
    const __m128i space = _mm_set1_epi8(' ');
    uint64_t spaces = 0;
    for (int i = 0; i < 4; i++) {
        __m128i some = _mm_loadu_si128((const __m128i *)(const void *)(bytes + 16 * i));
        spaces |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(some, space)) << 16 * i;
    }
    return ~spaces;
}
#else
static uint64_t
letters_in(const uint8_t *bytes)
{
    const uint64_t ones = 0x0101010101010101u, rest = 0x7F7F7F7F7F7F7F7Fu;
    uint64_t letters = 0;
    for (int i = 0; i < 8; i++) {
        uint64_t eight = 0, other;
        for (int k = 0; k < 8; k++) /* which compilers make one load of */
            eight |= (uint64_t)bytes[8 * i + k] << 8 * k;
        other = eight ^ ' ' * ones;
        other = ((((other & rest) + rest) | other) >> 7) & ones; /* 1 in each byte that is not 0 */
        letters |= (other * 0x0102040810204080u >> 56) << 8 * i;
    }
    return letters;
}
#endif

/* Whether a word of `from`:`to` is in the set, looked for by the first bytes of the words. */
static int
holds_word(const WordSet *set, const Hit *hit, Py_ssize_t from, Py_ssize_t to)
{
    uint64_t before = 0; /* whether the byte before these 64 belongs to a word */
    if (to > hit->length)
        to = hit->length;
    for (Py_ssize_t base = from; base < to; base += 64) {
        uint8_t padded[64];
        const uint8_t *bytes = hit->words + base;
        if (to - base < 64) {
            memset(padded, ' ', sizeof(padded));
            memcpy(padded, bytes, (size_t)(to - base));
            bytes = padded;
        }
        uint64_t letters = letters_in(bytes), starts = letters & ~(letters << 1 | before);
        for (before = letters >> 63; starts; starts &= starts - 1) {
            Py_ssize_t at = base + first_bit(starts), end = at + 1;
            uint8_t second = end < to ? hit->words[end] : ' ';
            if (!(set->pairs[hit->words[at] & 31] >> (second & 31) & 1))
                continue;
            while (end < to && hit->words[end] != ' ')
                end++;
            if (has(set, (Span){hit->words + at, end - at}))
                return 1;
        }
    }
    return 0;
}

#endif
