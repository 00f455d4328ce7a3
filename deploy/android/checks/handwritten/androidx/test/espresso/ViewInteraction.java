package androidx.test.espresso;

public final class ViewInteraction {
    private ViewInteraction() {}

    public native ViewInteraction perform(ViewAction... viewActions);

    public native ViewInteraction check(ViewAssertion viewAssert);
}
