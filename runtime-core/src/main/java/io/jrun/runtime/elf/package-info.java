/**
 * What a dynamic linker reads of an ELF file, from a channel and without trust: host drivers are large, and images are
 * hostile. Knows no paths.
 */
package io.jrun.runtime.elf;
