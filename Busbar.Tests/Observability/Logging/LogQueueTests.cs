using System.Text;
using Busbar.Observability.Logging;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Observability.Logging;

public sealed class LogQueueTests
{
    [Fact]
    public async Task A_full_disk_costs_only_the_newest_lines_and_one_line_says_how_many_once_writing_works_again()
    {
        var disk = new Disk { IsFull = true };
        LogQueue queue = New(disk);
        queue.Add("line 0");
        await Eventually.TrueAsync(() => disk.Refused > 0, "the writer holds the first line");
        for (int line = 1; line <= LogQueue.MaxWaiting + 99; line++)
        {
            queue.Add($"line {line}");
        }

        int tries = disk.Refused;
        await Eventually.TrueAsync(() => disk.Refused > tries + 3, "tried again");
        Assert.Equal(99, queue.Dropped.Value);
        disk.IsFull = false;
        await Eventually.TrueAsync(() => disk.Text.Contains("lost", StringComparison.Ordinal), "said what was lost");
        queue.Add("after");
        await queue.DisposeAsync();

        string[] lines = disk.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal([.. Enumerable.Range(0, LogQueue.MaxWaiting + 1).Select(line => $"line {line}"), "99 lost", "after"], lines);
    }

    [Fact]
    public async Task A_line_that_was_cut_is_written_again_on_a_line_of_its_own()
    {
        var disk = new Disk { IsFull = true, TakesPart = true };
        LogQueue queue = New(disk);
        queue.Add("{\"whole\":true}");
        await Eventually.TrueAsync(() => disk.Refused > 0, "refused");
        disk.IsFull = false;
        await queue.DisposeAsync();

        Assert.EndsWith("\n{\"whole\":true}\n", disk.Text);
    }

    [Fact]
    public async Task A_reader_that_has_stopped_holds_up_neither_those_who_log_nor_the_end()
    {
        var gate = new ManualResetEventSlim();
        LogQueue queue = New(new Disk { Gate = gate });
        for (int line = 0; line < 2 * LogQueue.MaxWaiting; line++)
        {
            queue.Add("line");
        }

        Assert.InRange(queue.Dropped.Value, LogQueue.MaxWaiting - 1, LogQueue.MaxWaiting);
        await queue.DisposeAsync().AsTask().WaitAsync(Eventually.Bound);
        gate.Set();
    }

    private static LogQueue New(Disk disk) => new(disk, lost => $"{lost} lost", TimeSpan.FromMilliseconds(1));

    private sealed class Disk : TextWriter
    {
        private readonly StringBuilder _text = new();
        private int _refused;

        public volatile bool IsFull;

        public bool TakesPart { get; init; }

        public ManualResetEventSlim? Gate { get; init; }

        public int Refused => Volatile.Read(ref _refused);

        public override Encoding Encoding => Encoding.UTF8;

        public string Text
        {
            get
            {
                lock (_text)
                {
                    return _text.ToString();
                }
            }
        }

        public override void WriteLine(string? value)
        {
            Gate?.Wait();
            lock (_text)
            {
                if (IsFull)
                {
                    _text.Append(TakesPart ? value![..3] : "");
                    Interlocked.Increment(ref _refused);
                    throw new IOException("No space left on device");
                }

                _text.Append(value).Append('\n');
            }
        }
    }
}
