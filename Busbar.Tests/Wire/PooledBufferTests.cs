using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Wire;

public class PooledBufferTests
{
    [Fact]
    public void Any_sequence_of_calls_behaves_like_a_list_of_bytes()
    {
        var random = new Random(5);
        for (int round = 0; round < 200; round++)
        {
            using var buffer = new PooledBuffer(random.Next(3) * 16);
            var model = new List<byte>();
            for (int step = 0; step < 200; step++)
            {
                byte[] bytes = new byte[random.Next(100)];
                random.NextBytes(bytes);
                switch (random.Next(6))
                {
                    case 0:
                        buffer.Write(bytes);
                        model.AddRange(bytes);
                        break;
                    case 1:
                        buffer.Write((byte)step);
                        model.Add((byte)step);
                        break;
                    case 2:
                        bytes.CopyTo(buffer.GetSpan(bytes.Length));
                        buffer.Advance(bytes.Length);
                        model.AddRange(bytes);
                        break;
                    case 3:
                        int consumed = random.Next(model.Count + 1);
                        buffer.Consume(consumed);
                        model.RemoveRange(0, consumed);
                        break;
                    case 4:
                        int kept = random.Next(model.Count + 1);
                        buffer.Truncate(kept);
                        model.RemoveRange(kept, model.Count - kept);
                        break;
                    default:
                        bytes.CopyTo(buffer.GetMemory(bytes.Length).Span);
                        buffer.Advance(bytes.Length);
                        model.AddRange(bytes);
                        break;
                }

                Assert.True(buffer.Span.SequenceEqual(model.ToArray()));
                Assert.Equal(model.Count, buffer.Length);
            }
        }
    }

    [Fact]
    public void A_buffer_made_without_capacity_can_be_written_to()
    {
        using var buffer = new PooledBuffer(0);
        buffer.Write((byte)1);
        Assert.Equal(1, buffer.Length);
    }

    [Fact]
    public void A_disposed_buffer_is_empty_and_refuses_writes()
    {
        var buffer = new PooledBuffer();
        buffer.Write("abc"u8);
        buffer.Dispose();
        buffer.Dispose();
        Assert.Equal(0, buffer.Length);
        Assert.Throws<ObjectDisposedException>(() => buffer.GetSpan(1));
        Assert.Throws<ObjectDisposedException>(() => buffer.Write((byte)1));
    }

    [Fact]
    public void What_a_borrowing_buffer_points_at_and_what_it_copied_make_up_what_was_written()
    {
        var random = new Random(11);
        byte[] source = new byte[8 * PooledBuffer.MinBorrowed];
        random.NextBytes(source);
        bool hasBorrowed = false;
        for (int round = 0; round < 100; round++)
        {
            using var buffer = PooledBuffer.Borrowing(source);
            var model = new List<byte>();
            var marks = new Stack<(int Written, int Length)>();
            bool hasNew = false;
            for (int step = 0; step < 30; step++)
            {
                int length = random.Next(3) == 0 ? random.Next(source.Length / 2) : random.Next(50);
                ReadOnlySpan<byte> bytes = source.AsSpan(random.Next(source.Length - length), length);
                switch (random.Next(6))
                {
                    case 0 or 1:
                        buffer.Write(bytes);
                        model.AddRange(bytes);
                        hasNew |= length > 0;
                        break;
                    case 2:
                        // The same bytes, but not where the source lies.
                        buffer.Write(bytes.ToArray());
                        model.AddRange(bytes);
                        break;
                    case 3:
                        marks.Push((model.Count, buffer.Length));
                        break;
                    case 4 when marks.TryPop(out (int Written, int Length) mark):
                        buffer.Truncate(mark.Length);
                        model.RemoveRange(mark.Written, model.Count - mark.Written);
                        hasNew = false;
                        break;
                    case 5 when hasNew && (marks.Count == 0 || marks.Peek().Written < model.Count):
                        hasNew = false;
                        Assert.Equal(model[^1], buffer.Span[^1]);
                        buffer.Truncate(buffer.Length - 1);
                        model.RemoveAt(model.Count - 1);
                        break;
                }

                using var joined = new PooledBuffer();
                new SplicedBody(buffer).WriteTo(joined);
                Assert.True(joined.Span.SequenceEqual(model.ToArray()));
                Assert.Equal(model.Count, buffer.WholeLength);
                hasBorrowed |= buffer.Pieces is not null;
            }
        }

        Assert.True(hasBorrowed);
    }
}
