/** What jrun keeps to be faster the next time: listed, and cleared away. */
package io.jrun.cli.cache;
