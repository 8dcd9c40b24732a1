/* Nodes: the tables of an automaton, and how it goes from one node to the next. */
#ifndef MODEL_ROUTER_NODES_H
#define MODEL_ROUTER_NODES_H

#define MOST_DENSE 65535        /* an automaton with more nodes has rows for some of them only, */
#define DENSE_DEPTH 3           /* those up to so far from the root, */
#define WIDE 4                  /* and those with so many children */
#define TELLS 0x80000000u       /* set in a row's entry where a literal ends */
#define MOST_LITERALS (1 << 20)
#define MOST_LENGTH 4096        /* bytes of a literal */
#define MOST_NODES (1 << 21)

enum { ANY, HEAD, LEAD, ACTION };

typedef struct {
    uint32_t what; /* of a signal: its bit or its index */
    uint32_t same; /* the next literal of the same bytes, plus 1 */
    uint16_t length;
    uint8_t role;
} Literal;

typedef struct {
    uint32_t sibling; /* the next child of the same parent, or 0 */
    uint32_t fail;    /* where to go on when no child fits */
    uint32_t ends;    /* the first literal that ends here, plus 1 */
    uint32_t told;    /* this node if a literal ends here, or the nearest on the way of failures */
    uint16_t row;     /* which row it has, or 0: only the root has the first */
    uint8_t label;    /* the byte that leads here */
    uint8_t marks;    /* PARENT: it has children, the first is the next node; TOLD: something ends */
} Node;

enum { PARENT = 1, TOLD = 2 };

typedef struct {
    PyObject_HEAD
    Literal *literals;
    int32_t *lanes;     /* LANES of each literal from `plain` on */
    uint32_t count, plain;
    Node *nodes;
    uint32_t size;      /* nodes */
    uint32_t *rows;     /* the node to which each class of bytes leads, and whether it TELLS */
    uint32_t shift;     /* a row has 1 << shift entries */
    uint32_t *places;   /* where all nodes have one, instead: the places of their rows */
    uint32_t classes, dense;
    uint16_t class_of[256];
    uint8_t starts[256]; /* whether a literal begins with this byte */
    uint8_t inside[256]; /* places.INSIDE */
    uint8_t table[256];  /* reading.WORDS_TABLE */
    uint8_t symbols[256]; /* whether a byte is none of places.LETTERS */
} Automaton;

static uint32_t
child_of(const Automaton *self, uint32_t node, uint8_t byte)
{
    uint32_t child = self->nodes[node].marks & PARENT ? node + 1 : 0;
    while (child && self->nodes[child].label != byte)
        child = self->nodes[child].sibling;
    return child;
}

static inline uint32_t
step(const Automaton *self, uint32_t node, uint8_t byte)
{
    if (self->places)
        return (self->places[(size_t)node * self->classes + self->class_of[byte]] & ~TELLS) /
               self->classes;
    while (node && !self->nodes[node].row) {
        uint32_t child = child_of(self, node, byte);
        if (child)
            return child;
        node = self->nodes[node].fail;
    }
    size_t row = (size_t)self->nodes[node].row << self->shift;
    return (self->rows[row + self->class_of[byte]] & ~TELLS) >> self->shift;
}

/* The next node at which a literal ends, or the last before `stop`. `at` is left behind its byte. */
static uint32_t
step_to_told(const Automaton *self, uint32_t node, const uint8_t *data, Py_ssize_t *at,
             Py_ssize_t stop)
{
    Py_ssize_t here = *at;
    if (self->places) {
        const uint32_t *places = self->places;
        const uint16_t *class_of = self->class_of;
        uint32_t entry = node * self->classes;
        while (here < stop && !(entry & TELLS))
            entry = places[entry + class_of[data[here++]]];
        node = (entry & ~TELLS) / self->classes;
    } else {
        do
            node = step(self, node, data[here++]);
        while (here < stop && !(self->nodes[node].marks & TOLD));
    }
    *at = here;
    return node;
}

/* The nearest node after `told` on the way of failures at which a literal ends, or 0. */
static inline uint32_t
shorter(const Automaton *self, uint32_t told)
{
    return self->nodes[self->nodes[told].fail].told;
}

#endif
