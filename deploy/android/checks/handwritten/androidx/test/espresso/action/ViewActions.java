package androidx.test.espresso.action;

import androidx.test.espresso.ViewAction;

public final class ViewActions {
    private ViewActions() {}

    public static native ViewAction click();
}
