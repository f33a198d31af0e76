# Two gigabytes that take no room in a file.
  .section .lbss, "awl", @nobits
  .zero 0x80000000
  .section .note.GNU-stack, "", @progbits
