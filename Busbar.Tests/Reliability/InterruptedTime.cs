using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Reliability;

/// <summary>A fake clock that lets another caller act at the moment one looks at it: a race without threads.</summary>
internal sealed class InterruptedTime : FakeTimeProvider
{
    private int _countdown;
    private Action? _action;

    /// <summary>Runs <paramref name="action"/> once, when the clock is read for the <paramref name="nth"/> time from now.</summary>
    public void Interrupt(int nth, Action action) => (_countdown, _action) = (nth, action);

    public override long GetTimestamp()
    {
        if (_action is { } action && --_countdown == 0)
        {
            _action = null;
            action();
        }

        return base.GetTimestamp();
    }
}
