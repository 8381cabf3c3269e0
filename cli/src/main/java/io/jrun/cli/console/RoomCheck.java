package io.jrun.cli.console;

/** What happens when the disks seem too small. */
public enum RoomCheck {
    REFUSE,
    TRY
}
