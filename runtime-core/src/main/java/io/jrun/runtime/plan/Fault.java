package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import io.jrun.runtime.host.CheckLine;
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

    /** As above, with the line of {@code jrun check} that tells more. */
    Fault because(int errno, String cause, String hint, CheckLine line) {
        return because(errno, cause, line.behind(hint));
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

    // Here and below written out: a JVM spins classes for the generated ones when they are first used, which would cost
    // every first start of a container 20 ms.
    @Override
    public boolean equals(Object other) {
        return other instanceof Fault fault
                && what.equals(fault.what)
                && status == fault.status
                && namesProgram == fault.namesProgram
                && rows.equals(fault.rows);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * what.hashCode() + rows.hashCode()) + status;
    }

    sealed interface Row {
        int errno();

        record Go(int errno, TapeAssembler.Label label) implements Row {
            @Override
            public boolean equals(Object other) {
                return other instanceof Go go && errno == go.errno && label.equals(go.label);
            }

            @Override
            public int hashCode() {
                return 31 * errno + label.hashCode();
            }
        }

        record Fail(int errno, int status, String cause, String hint) implements Row {
            @Override
            public boolean equals(Object other) {
                return other instanceof Fail fail
                        && errno == fail.errno
                        && status == fail.status
                        && cause.equals(fail.cause)
                        && hint.equals(fail.hint);
            }

            @Override
            public int hashCode() {
                return 31 * (31 * errno + status) + cause.hashCode();
            }
        }
    }
}
