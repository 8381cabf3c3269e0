/**
 * What the system's and the user's configuration directories and the JRUN_* variables say, with the place of each word.
 * Knows files and values, but neither plans nor what a setting brings about.
 */
package io.jrun.runtime.config;
