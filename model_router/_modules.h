/* What every module in C needs: how it is made, and what bytes.split() takes for a blank. */
#ifndef MODEL_ROUTER_MODULES_H
#define MODEL_ROUTER_MODULES_H

#define MOST_BITS 8192 /* signals of one catalog */

/* The slots that end a module's table. None keeps anything that two threads could write. */
#ifdef Py_GIL_DISABLED
#define LAST_SLOTS {Py_mod_gil, Py_MOD_GIL_NOT_USED}, {0, NULL}
#else
#define LAST_SLOTS {0, NULL}
#endif

/* The end of a module of functions, or of one with a type. */
#define MODULE(name, doc, methods)                                                                 \
    static PyModuleDef_Slot module_slots[] = {LAST_SLOTS};                                         \
    MODULE_DEF(name, doc, methods)

#define MODULE_OF_TYPE(name, doc, spec)                                                            \
    static int module_exec(PyObject *module) { return add_type(module, &spec); }                   \
    static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, module_exec}, LAST_SLOTS};             \
    MODULE_DEF(name, doc, NULL)

#define MODULE_DEF(name, doc, methods)                                                             \
    static struct PyModuleDef module_def = {PyModuleDef_HEAD_INIT, #name, doc, 0, methods,         \
                                            module_slots, NULL, NULL, NULL};                       \
    PyMODINIT_FUNC PyInit_##name(void) { return PyModuleDef_Init(&module_def); }

static inline int
add_type(PyObject *module, PyType_Spec *spec)
{
    PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
    if (type == NULL)
        return -1;
    int done = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return done;
}

static inline int
is_blank(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

#endif
