/* What the modules in C share about lanes; lanes.py says what they are. */
#ifndef MODEL_ROUTER_LANES_H
#define MODEL_ROUTER_LANES_H

#define LANES 9                 /* lanes.LANES + 2: seven routes, complexity, risk */
#define HALF ((int64_t)1 << 31) /* lanes.HALF */

/* Four little-endian bytes. */
static inline uint32_t
word_at(const uint8_t *at)
{
    return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

/* One lane of the bytes of a sum, to which lanes.BIAS was added. */
static inline int32_t
lane_at(const uint8_t *at)
{
    return (int32_t)((int64_t)word_at(at) - HALF);
}

/* A whole number from little-endian bytes. */
static inline PyObject *
number_of(const uint8_t *bytes, size_t size, int is_signed)
{
#if PY_VERSION_HEX >= 0x030D0000
    int flags = Py_ASNATIVEBYTES_LITTLE_ENDIAN;
    return is_signed ? PyLong_FromNativeBytes(bytes, size, flags)
                     : PyLong_FromUnsignedNativeBytes(bytes, size, flags);
#else
    return _PyLong_FromByteArray(bytes, size, 1, is_signed);
#endif
}

/* Lanes as one number: what a lane lacks it borrows from the next. */
static inline PyObject *
lanes_number(const int64_t *lanes)
{
    uint8_t bytes[4 * LANES + 8];
    int64_t carry = 0;
    for (int lane = 0; lane < LANES; lane++) {
        int64_t sum = lanes[lane] + carry;
        uint32_t low = (uint32_t)(sum & 0xFFFFFFFF);
        for (int i = 0; i < 4; i++)
            bytes[4 * lane + i] = (uint8_t)(low >> 8 * i);
        carry = (sum - (int64_t)low) / (HALF * 2);
    }
    for (int i = 0; i < 8; i++)
        bytes[4 * LANES + i] = (uint8_t)((uint64_t)carry >> 8 * i);
    return number_of(bytes, sizeof(bytes), 1);
}

#endif
