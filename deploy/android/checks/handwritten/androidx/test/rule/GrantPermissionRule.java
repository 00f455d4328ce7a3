package androidx.test.rule;

import org.junit.rules.TestRule;

public abstract class GrantPermissionRule implements TestRule {
    private GrantPermissionRule() {}

    public static native GrantPermissionRule grant(String... permissions);
}
