package io.jrun.cli.console;

import picocli.CommandLine.Option;

/** {@code --no-preflight}, the same everywhere. */
public final class RoomOption {

    @Option(names = "--no-preflight", description = "Go on even if the disks seem too small.")
    private boolean noPreflight;

    public RoomCheck roomCheck() {
        return noPreflight ? RoomCheck.TRY : RoomCheck.REFUSE;
    }
}
