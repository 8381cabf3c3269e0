/** The border to the kernel: byte strings as it knows them, system calls, errno names. The one package that names JNR. */
package io.jrun.posix;
