package io.jrun.cli.console;

import io.jrun.error.CorruptDataException;
import io.jrun.error.DeniedException;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
import io.jrun.error.TransferException;
import io.jrun.error.UsageException;

/**
 * The exit codes of every command but {@code start}, whose own failures all end with {@link #START_FAILED}. This is the
 * one table; help pages print it.
 */
public enum ExitCode {
    SUCCESS(0, "success"),
    USAGE(2, "the options contradict each other or the grammar"),
    NOT_FOUND(3, "no such image, tag, container or file"),
    DENIED(4, "a registry or the host refuses this user"),
    CORRUPT_DATA(5, "a digest or size does not match, or data is malformed"),
    TRANSFER(6, "network or registry failed after all retries"),
    HOST_UNSUPPORTED(7, "the kernel, a sysctl or a tool lacks what is needed"),
    STORAGE(8, "the local disk is full, over quota or read-only"),
    FAULT(70, "a fault in jrun itself; please report it"),
    START_FAILED(125, "start: jrun itself failed");

    private final int number;
    private final String meaning;

    ExitCode(int number, String meaning) {
        this.number = number;
        this.meaning = meaning;
    }

    public int number() {
        return number;
    }

    public String meaning() {
        return meaning;
    }

    /** The code for whatever ended a command. */
    public static ExitCode of(Throwable failure) {
        return failure instanceof JrunException known ? ofKnown(known) : FAULT;
    }

    private static ExitCode ofKnown(JrunException failure) {
        if (failure instanceof UsageException) {
            return USAGE;
        } else if (failure instanceof NotFoundException) {
            return NOT_FOUND;
        } else if (failure instanceof DeniedException) {
            return DENIED;
        } else if (failure instanceof CorruptDataException) {
            return CORRUPT_DATA;
        } else if (failure instanceof TransferException) {
            return TRANSFER;
        } else if (failure instanceof HostUnsupportedException) {
            return HOST_UNSUPPORTED;
        } else if (failure instanceof StorageException) {
            return STORAGE;
        }
        return FAULT;
    }
}
