package io.jrun.cli.console;

/** What to do when the target exists. */
public enum Replacement {
    REFUSE,
    REPLACE
}
