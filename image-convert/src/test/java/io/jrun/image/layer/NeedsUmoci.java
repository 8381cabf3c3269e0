package io.jrun.image.layer;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/** Skips, with the reason, where umoci cannot unpack as root; {@code -Djrun.require=umoci} makes the skip a failure. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("needs-umoci")
@ExtendWith(NeedsUmoci.Condition.class)
@interface NeedsUmoci {

    /** Looks for the programs and for root. */
    final class Condition extends ProgramCondition {

        Condition() {
            super("umoci", "umoci", "tar");
        }

        @Override
        Optional<String> missing() {
            return super.missing()
                    .or(() -> isRoot()
                            ? Optional.empty()
                            : Optional.of(
                                    "this is not root; only root may make any owner and device, so run it as root"));
        }
    }
}
