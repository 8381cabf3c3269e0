package io.jrun.image.share;

/** Hears of others' work, from the waiting thread; must return quickly. */
public interface ShareListener {

    /** Somebody else makes the file; called at each look. */
    void waiting(String host, long pid, ProducerProgress progress);

    /** This process makes the file, from now on. */
    void producing();

    /** The producer that this process waited for is gone. */
    void producerLost(String host, long pid, String why);
}
