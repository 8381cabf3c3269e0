package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import java.util.ArrayList;
import java.util.List;

/**
 * What the starter says and does when an instruction fails.
 *
 * @param what verb and object, as after "cannot"
 * @param status the exit status for an errno that no row names
 * @param namesProgram whether the payload's name is appended to {@code what}
 * @param rows looked at in order, up to the first whose errno fits
 */
record Fault(ByteString what, int status, boolean namesProgram, List<Row> rows) {

    static final int OWN_FAILURE = 125;

    Fault {
        rows = List.copyOf(rows);
    }

    /** A fault that ends the start with 125 and has words for the errnos any system call can give. */
    static Fault of(String what) {
        return of(ByteString.of(what));
    }

    static Fault of(ByteString what) {
        return new Fault(what, OWN_FAILURE, false, List.of());
    }

    /** An errno with words better than the usual ones. */
    Fault because(int errno, String cause, String hint) {
        return with(new Row.Fail(errno, status, cause, hint));
    }

    /** An errno that is no failure: the tape goes on at the label. */
    Fault tolerating(int errno, TapeAssembler.Label label) {
        return with(new Row.Go(errno, label));
    }

    private Fault with(Row row) {
        List<Row> longer = new ArrayList<>(rows);
        longer.add(row);
        return new Fault(what, status, namesProgram, longer);
    }

    sealed interface Row {
        int errno();

        record Go(int errno, TapeAssembler.Label label) implements Row {}

        record Fail(int errno, int status, String cause, String hint) implements Row {}
    }
}
