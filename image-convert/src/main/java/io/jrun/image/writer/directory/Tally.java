package io.jrun.image.writer.directory;

import java.util.concurrent.atomic.LongAdder;

/** Counts of a running extraction, from many threads. */
final class Tally {

    final LongAdder inodes = new LongAdder();
    final LongAdder bytes = new LongAdder();
    final LongAdder devices = new LongAdder();
    final LongAdder owners = new LongAdder();
    final LongAdder xattrs = new LongAdder();
    final LongAdder setIds = new LongAdder();
    final LongAdder modes = new LongAdder();

    ExtractionReport report() {
        return new ExtractionReport(
                inodes.sum(), bytes.sum(), devices.sum(), owners.sum(), xattrs.sum(), setIds.sum(), modes.sum());
    }
}
