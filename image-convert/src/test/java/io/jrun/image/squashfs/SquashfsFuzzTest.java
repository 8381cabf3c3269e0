package io.jrun.image.squashfs;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;

/** Any bytes as an image file are read within bounds of time and memory, or refused. */
class SquashfsFuzzTest {

    @FuzzTest(maxDuration = "8m")
    void image(byte[] data) throws IOException {
        HostileImage.readEverything(data);
    }
}
