package io.jrun.cli.progress;

/** Says nothing. */
public final class SilentProgress implements ImportListener {

    @Override
    public void phaseBegan(Phase phase, String doing) {}

    @Override
    public void ended() {}
}
