package io.jrun.image.blob;

import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** What every host has. */
final class JdkInflater implements RawInflater {

    private final Inflater inflater = new Inflater(true);

    @Override
    public void setInput(byte[] bytes, int offset, int length) {
        inflater.setInput(bytes, offset, length);
    }

    @Override
    public int inflate(byte[] bytes, int offset, int length) throws DataFormatException {
        int count = inflater.inflate(bytes, offset, length);
        if (inflater.needsDictionary()) {
            throw new DataFormatException("it wants a preset dictionary");
        }
        return count;
    }

    @Override
    public boolean needsInput() {
        return inflater.needsInput();
    }

    @Override
    public boolean isFinished() {
        return inflater.finished();
    }

    @Override
    public int unreadInput() {
        return inflater.getRemaining();
    }

    @Override
    public void reset() {
        inflater.reset();
    }

    @Override
    public void close() {
        inflater.end();
    }
}
