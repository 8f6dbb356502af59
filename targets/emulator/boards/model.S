/* The model, in place in read-only memory. */
    .section .model, "a"
    .balign 16
    .incbin "model.snnrt"
