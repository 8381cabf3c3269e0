package io.jrun.cli.convert;

import io.jrun.cli.console.Replacement;
import io.jrun.cli.console.RoomCheck;
import java.util.Optional;

/** A container to be made without an image file; what is empty was left to jrun. */
public record LoadRequest(
        ImportRequest.Source source,
        Optional<String> name,
        Replacement replacement,
        ImportRequest.Limits limits,
        RoomCheck roomCheck) {}
