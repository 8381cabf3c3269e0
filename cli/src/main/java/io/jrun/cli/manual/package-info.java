/** Help pages and man pages, made from the commands when jrun is built, so that showing one costs nothing. */
package io.jrun.cli.manual;
