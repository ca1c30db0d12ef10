using Busbar.Reliability.Breaker;

namespace Busbar.Tests.Reliability;

/// <summary>Walks every schedule of the read and swap steps of two and three callers.</summary>
public sealed class BreakerModelCheckTests
{
    private const long Early = 100;
    private const long Pending = 150;
    private const long Late = 200;
    private const long SoftUntil = 215;
    private const long HardUntil = 2000;

    // What one caller does, in order. Settling steps use the probe the caller's Enter brought, if it brought one.
    private static readonly BreakerTransition[][] Programs =
    [
        [new(BreakerTrigger.Enter, Late), new(BreakerTrigger.Success, Late)],
        [new(BreakerTrigger.Enter, Late), new(BreakerTrigger.Failure, Late, SoftUntil)],
        [new(BreakerTrigger.Enter, Late), new(BreakerTrigger.Failure, Late, SoftUntil, Trips: true)],
        [new(BreakerTrigger.Enter, Late), new(BreakerTrigger.GiveBack, Late), new(BreakerTrigger.GiveBack, Late)],
        [new(BreakerTrigger.Enter, Early), new(BreakerTrigger.GiveBack, Late), new(BreakerTrigger.Success, Late)],
        [new(BreakerTrigger.Failure, Early, Pending, Trips: true), new(BreakerTrigger.Failure, Late, SoftUntil)],
        [new(BreakerTrigger.Enter, Late), new(BreakerTrigger.GiveBack, Late), new(BreakerTrigger.LateSuccess, Late)],
        [new(BreakerTrigger.Enter, Late), new(BreakerTrigger.GiveBack, Late), new(BreakerTrigger.LateFailure, Late, SoftUntil)],
        [new(BreakerTrigger.Lengthen, Late, SoftUntil)],
        [new(BreakerTrigger.Success, Late)],
        [new(BreakerTrigger.HardDown, Late, HardUntil)],
        [new(BreakerTrigger.Heal, Late)],
    ];

    [Fact]
    public void Every_schedule_of_two_callers_equals_some_order_of_whole_transitions() => Check(callers: 2);

    [Fact]
    public void Every_schedule_of_three_callers_equals_some_order_of_whole_transitions() => Check(callers: 3);

    private static void Check(int callers)
    {
        var beginnings = Beginnings().ToList();
        var programs = new int[callers];
        do
        {
            foreach (var (word, model) in beginnings)
            {
                var walk = new Walk(programs);
                walk.From(new Point(word, model, new Caller[callers]));
                Assert.True(walk.Ends > 0, "no schedule came to its end");
            }
        }
        while (Next(programs));
    }

    private static IEnumerable<(BreakerWord Word, SequentialCell Model)> Beginnings()
    {
        var fresh = BreakerWord.Initial;
        var aged = fresh;
        for (var i = 1; i < (1 << 21) - 2; i++)
        {
            aged = aged.Enter(BreakerState.Closed, 0);
        }

        Assert.Equal((1 << 21) - 2, aged.Epoch);
        foreach (var cell in new[] { fresh, aged })
        {
            yield return (cell, new(BreakerState.Closed, 0, false, SequentialCell.Nobody));
            yield return (cell.WithDeadline(Pending), new(BreakerState.Closed, Pending, false, SequentialCell.Nobody));
            yield return (cell.Enter(BreakerState.Open, Pending), new(BreakerState.Open, Pending, false, SequentialCell.Nobody));
            yield return (cell.Enter(BreakerState.Open, HardUntil, hardDown: true), new(BreakerState.Open, HardUntil, true, SequentialCell.Nobody));
            yield return (cell.Enter(BreakerState.Open, Pending, hardDown: true), new(BreakerState.Open, Pending, true, SequentialCell.Nobody));
        }
    }

    private static bool Next(int[] programs)
    {
        // Callers are alike, so only rising choices of programs differ.
        for (var i = programs.Length - 1; i >= 0; i--)
        {
            if (programs[i] < Programs.Length - 1)
            {
                var value = programs[i] + 1;
                programs.AsSpan(i).Fill(value);
                return true;
            }
        }

        return false;
    }

    private record struct Caller(int Step, bool HasRead, BreakerWord Seen, int Probe);

    private sealed record Point(BreakerWord Word, SequentialCell Model, Caller[] Callers)
    {
        public bool Equals(Point? other) => other is not null && Word == other.Word && Model == other.Model
            && Callers.AsSpan().SequenceEqual(other.Callers);

        public override int GetHashCode()
        {
            var hash = HashCode.Combine(Word, Model);
            foreach (var caller in Callers)
            {
                hash = HashCode.Combine(hash, caller);
            }

            return hash;
        }
    }

    private sealed class Walk(int[] programs)
    {
        private readonly HashSet<Point> _seen = [];

        public long Ends { get; private set; }

        public void From(Point start)
        {
            var open = new Stack<Point>([start]);
            while (open.TryPop(out var point))
            {
                if (!_seen.Add(point))
                {
                    continue;
                }

                var isEnd = true;
                for (var i = 0; i < point.Callers.Length; i++)
                {
                    if (point.Callers[i].Step < Programs[programs[i]].Length)
                    {
                        isEnd = false;
                        open.Push(Advance(point, i));
                    }
                }

                if (isEnd)
                {
                    Ends++;
                    Assert.NotEqual(BreakerState.HalfOpen, point.Word.State);
                }
            }
        }

        private Point Advance(Point point, int index)
        {
            var caller = point.Callers[index];
            var callers = (Caller[])point.Callers.Clone();
            if (!caller.HasRead)
            {
                callers[index] = caller with { HasRead = true, Seen = point.Word };
                return point with { Callers = callers };
            }

            if (caller.Seen != point.Word)
            {
                callers[index] = caller with { HasRead = false, Seen = default };
                return point with { Callers = callers };
            }

            var step = Programs[programs[index]][caller.Step] with { Probe = caller.Probe };
            var word = step.Apply(point.Word);
            var model = point.Model.After(step, index, caller.Probe != 0);
            AssertSame(point, step, word, model);
            var tookProbe = step.Trigger == BreakerTrigger.Enter && word != point.Word;
            callers[index] = new Caller(caller.Step + 1, false, default, tookProbe ? word.Epoch : caller.Probe);
            var next = new Point(word, model, callers);
            if (word.State == BreakerState.HalfOpen)
            {
                Assert.Equal(1, callers.Count(other => other.Probe == word.Epoch));
            }

            return next;
        }

        private static void AssertSame(Point before, BreakerTransition step, BreakerWord word, SequentialCell model)
        {
            Assert.True(
                word.State == model.State && word.Deadline == model.Cooldown && word.IsHardDown == model.HardDown,
                $"{step} on {before.Model} gave {word.State} until {word.Deadline}, the table says {model}");
            Assert.NotEqual(0, word.Epoch);
            if (word.State != before.Word.State)
            {
                Assert.NotEqual(before.Word.Epoch, word.Epoch);
            }

            // However it got there, a hard-down ends only by its own time or by a success of someone who asked after it.
            if (before.Word is { IsHardDown: true, State: BreakerState.Open } && step.Trigger is not BreakerTrigger.Heal
                && step.Now < before.Word.Deadline)
            {
                Assert.True(word.State == BreakerState.Open && word.Deadline >= before.Word.Deadline);
            }
        }
    }
}
