/* Building: the tables of an automaton from its literals. */
#ifndef MODEL_ROUTER_BUILDING_H
#define MODEL_ROUTER_BUILDING_H

#include "_nodes.h"

typedef struct {
    const uint8_t *bytes;
    uint32_t length;
    uint32_t index;
} Sorted;

static int
by_bytes(const void *one, const void *other)
{
    const Sorted *a = one, *b = other;
    uint32_t least = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->bytes, b->bytes, least);
    if (order)
        return order;
    if (a->length != b->length)
        return a->length < b->length ? -1 : 1;
    return a->index < b->index ? -1 : 1;
}

typedef struct {
    uint32_t *above; /* of each node: its parent */
    uint16_t *depth;
    uint32_t *order; /* the nodes by depth */
} Growth;

/* The nodes of all literals, depth first: each shares what it can with the one before. */
static void
grow(Automaton *self, const Sorted *sorted, Growth *growth)
{
    uint32_t path[MOST_LENGTH + 1] = {0}, common;
    self->size = 1;
    for (uint32_t i = 0; i < self->count; i++) {
        const Sorted *one = &sorted[i], *last = i ? one - 1 : NULL;
        for (common = 0; last && common < last->length && common < one->length; common++)
            if (last->bytes[common] != one->bytes[common])
                break;
        for (uint32_t depth = common; depth < one->length; depth++) {
            uint32_t node = self->size++, above = path[depth];
            if (self->nodes[above].marks & PARENT) /* which is what the last literal went through */
                self->nodes[path[depth + 1]].sibling = node;
            self->nodes[above].marks |= PARENT;
            self->nodes[node].label = one->bytes[depth];
            growth->above[node] = above;
            growth->depth[node] = (uint16_t)(depth + 1);
            path[depth + 1] = node;
        }
        uint32_t *tail = &self->nodes[path[one->length]].ends;
        while (*tail)
            tail = &self->literals[*tail - 1].same;
        *tail = one->index + 1;
    }
}

static int
order_by_depth(const Automaton *self, Growth *growth)
{
    uint32_t places[MOST_LENGTH + 2] = {0};
    for (uint32_t node = 0; node < self->size; node++)
        places[growth->depth[node] + 1]++;
    for (uint32_t depth = 0; depth <= MOST_LENGTH; depth++)
        places[depth + 1] += places[depth];
    growth->order = malloc((size_t)self->size * sizeof(uint32_t));
    if (growth->order == NULL)
        return -1;
    for (uint32_t node = 0; node < self->size; node++)
        growth->order[places[growth->depth[node]]++] = node;
    return 0;
}

/* Where a node leads when none of its children fits, and what ends on the way. */
static void
link_up(Automaton *self, const Growth *growth)
{
    for (uint32_t i = 1; i < self->size; i++) {
        uint32_t node = growth->order[i], fail = 0;
        if (growth->depth[node] > 1) {
            uint32_t from = self->nodes[growth->above[node]].fail;
            while (!(fail = child_of(self, from, self->nodes[node].label)) && from)
                from = self->nodes[from].fail;
        }
        self->nodes[node].fail = fail;
        self->nodes[node].told = self->nodes[node].ends ? node : self->nodes[fail].told;
        self->nodes[node].marks |= self->nodes[node].told ? TOLD : 0;
    }
}

/* `byte_of` gives for each class of bytes one of them. */
static void
fill_row(Automaton *self, uint32_t node, const uint8_t *byte_of)
{
    uint32_t *row = self->rows + ((size_t)self->nodes[node].row << self->shift);
    for (uint32_t class = 1; node && class < self->classes; class++) {
        uint32_t next = step(self, self->nodes[node].fail, byte_of[class]);
        row[class] = next << self->shift | (self->nodes[next].told ? TELLS : 0);
    }
    uint32_t child = self->nodes[node].marks & PARENT ? node + 1 : 0;
    for (; child; child = self->nodes[child].sibling)
        row[self->class_of[self->nodes[child].label]] =
            child << self->shift | (self->nodes[child].told ? TELLS : 0);
}

/* Whether a node has so many children that looking through them would take longer than a row. */
static int
is_wide(const Automaton *self, uint32_t node)
{
    uint32_t children = 0, child = self->nodes[node].marks & PARENT ? node + 1 : 0;
    for (; child && children < WIDE; child = self->nodes[child].sibling)
        children++;
    return children == WIDE;
}

/* Where every node has a row, rows lie side by side, and an entry is the place of the next. Each row
 * moves towards the first, in the same memory: it is most of what an automaton takes. */
static void
pack_rows(Automaton *self)
{
    size_t classes = self->classes;
    uint32_t *places = self->rows;
    for (uint32_t node = 0; node < self->size; node++)
        for (size_t class = 0; class < classes; class++) {
            uint32_t entry = self->rows[((size_t)node << self->shift) + class];
            uint32_t next = (entry & ~TELLS) >> self->shift;
            places[node * classes + class] = next * self->classes | (entry & TELLS);
        }
    self->places = realloc(places, (size_t)self->size * classes * sizeof(uint32_t));
    self->places = self->places ? self->places : places;
    self->rows = NULL;
}

/* Rows for the nodes near the root and the wide ones; or for all, if wanted and not too many. */
static int
fill_rows(Automaton *self, const Growth *growth, int dense)
{
    int all = dense && self->size <= MOST_DENSE;
    uint8_t byte_of[257] = {0};
    for (uint32_t node = 1; node < self->size; node++) {
        uint16_t *class = &self->class_of[self->nodes[node].label];
        if (!*class) {
            byte_of[self->classes] = self->nodes[node].label;
            *class = (uint16_t)self->classes++;
        }
        if (self->dense < MOST_DENSE &&
            (all || growth->depth[node] <= DENSE_DEPTH || is_wide(self, node)))
            self->nodes[node].row = (uint16_t)self->dense++;
    }
    for (uint32_t child = self->size > 1; child; child = self->nodes[child].sibling)
        self->starts[self->nodes[child].label] = 1;
    while (1u << self->shift < self->classes)
        self->shift++;
    self->rows = calloc((size_t)self->dense << self->shift, sizeof(uint32_t));
    if (self->rows == NULL)
        return -1;
    for (uint32_t i = 0; i < self->size; i++)
        if (!growth->order[i] || self->nodes[growth->order[i]].row)
            fill_row(self, growth->order[i], byte_of);
    if (all) /* so that nodes and rows have the same numbers */
        pack_rows(self);
    return 0;
}

/* Literals and what they mean from the arguments; `total` is the number of their bytes. */
static int
take_literals(Automaton *self, PyObject *literals, const uint8_t *roles, const uint32_t *whats,
              Sorted *sorted, size_t *total)
{
    for (uint32_t i = 0; i < self->count; i++) {
        PyObject *item = PyList_GET_ITEM(literals, i);
        if (!PyBytes_Check(item) || PyBytes_GET_SIZE(item) < 1 || PyBytes_GET_SIZE(item) > MOST_LENGTH) {
            PyErr_SetString(PyExc_ValueError, "a literal has 1 to 4096 bytes");
            return -1;
        }
        uint32_t length = (uint32_t)PyBytes_GET_SIZE(item);
        sorted[i] = (Sorted){(const uint8_t *)PyBytes_AS_STRING(item), length, i};
        self->literals[i] = (Literal){i < self->plain ? whats[i] : 0, 0, (uint16_t)length,
                                      i < self->plain ? roles[i] : ANY};
        if (i < self->plain && roles[i] > ACTION) {
            PyErr_SetString(PyExc_ValueError, "a role is out of range");
            return -1;
        }
        if (i < self->plain && roles[i] != ACTION && whats[i] >= MOST_BITS) {
            PyErr_SetString(PyExc_OverflowError, "the signals are too many");
            return -1;
        }
        *total += length;
    }
    if (*total > MOST_NODES) {
        PyErr_SetString(PyExc_OverflowError, "the literals are too many");
        return -1;
    }
    return 0;
}

static int
take_lanes(Automaton *self, const uint8_t *packed)
{
    size_t cells = (size_t)(self->count - self->plain) * LANES;
    self->lanes = malloc((cells + 1) * sizeof(int32_t));
    if (self->lanes == NULL)
        return -1;
    for (size_t i = 0; i < cells; i++)
        self->lanes[i] = lane_at(packed + 4 * i);
    return 0;
}

/* Gives back what was reserved for nodes that literals share. */
static void
shrink(Automaton *self)
{
    void *nodes = realloc(self->nodes, self->size * sizeof(Node));
    self->nodes = nodes ? nodes : self->nodes;
}

static int
build(Automaton *self, PyObject *literals, const uint8_t *roles, const uint32_t *whats,
      const uint8_t *packed, int dense)
{
    int done = -1;
    size_t total = 1;
    Growth growth = {NULL, NULL, NULL};
    Sorted *sorted = malloc(((size_t)self->count + 1) * sizeof(Sorted));
    self->literals = malloc(((size_t)self->count + 1) * sizeof(Literal));
    if (sorted == NULL || self->literals == NULL || take_lanes(self, packed) < 0)
        goto end;
    if (take_literals(self, literals, roles, whats, sorted, &total) < 0)
        goto end;
    qsort(sorted, self->count, sizeof(Sorted), by_bytes);
    self->nodes = calloc(total, sizeof(Node));
    growth.above = calloc(total, sizeof(uint32_t));
    growth.depth = calloc(total, sizeof(uint16_t));
    if (!self->nodes || !growth.above || !growth.depth)
        goto end;
    grow(self, sorted, &growth);
    if (order_by_depth(self, &growth) < 0)
        goto end;
    link_up(self, &growth);
    done = fill_rows(self, &growth, dense);
    if (self->size < total && done == 0)
        shrink(self);
end:
    free(sorted);
    free(growth.above);
    free(growth.depth);
    free(growth.order);
    if (done < 0 && !PyErr_Occurred())
        PyErr_NoMemory();
    return done;
}

#endif
