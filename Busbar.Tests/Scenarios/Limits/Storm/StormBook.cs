using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Busbar.Tests.Scenarios.Limits.Storm;

/// <summary>Every request of the storm, by its number.</summary>
/// <param name="capacity">Most requests.</param>
internal sealed class StormBook(int capacity)
{
    private readonly StormRequest[] _requests = new StormRequest[capacity];
    private readonly Dictionary<string, long> _read = [];
    private readonly Lock _reading = new();
    private int _last;

    /// <summary>Requests so far, and one more: none has the number 0.</summary>
    public int Count => Math.Min(Volatile.Read(ref _last) + 1, capacity);

    /// <summary>The request with this number.</summary>
    public ref StormRequest this[int number] => ref _requests[number];

    /// <summary>Number of a new one.</summary>
    public int Next()
    {
        int number = Interlocked.Increment(ref _last);
        return number < capacity ? number : throw new InvalidOperationException("the book is full");
    }

    /// <summary>Takes in what nodes have written to their request logs since the last time.</summary>
    public void ReadLogs(IEnumerable<string> files)
    {
        lock (_reading)
        {
            foreach (string file in files.Where(File.Exists))
            {
                ReadLog(file);
            }
        }
    }

    private void ReadLog(string file)
    {
        using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        long from = _read.GetValueOrDefault(file);
        byte[] bytes = new byte[stream.Length - from];
        stream.Position = from;
        stream.ReadExactly(bytes);
        int start = 0;
        for (int end; (end = bytes.AsSpan(start).IndexOf((byte)'\n')) >= 0; start += end + 1)
        {
            ReadLine(bytes.AsSpan(start, end));
        }

        _read[file] = from + start;
    }

    private void ReadLine(ReadOnlySpan<byte> line)
    {
        // A node that was killed may have left half a line, to which the next one adds.
        int begin = line.LastIndexOf("{\"request_id\""u8);
        if (begin < 0)
        {
            return;
        }

        try
        {
            using JsonDocument record = JsonDocument.Parse(Encoding.UTF8.GetString(line[begin..]));
            JsonElement root = record.RootElement;
            if (root.GetProperty("provider_request_id").GetString() is not { } id || !id.StartsWith("n-", StringComparison.Ordinal))
            {
                return;
            }

            ref StormRequest request = ref _requests[int.Parse(id.AsSpan(2), CultureInfo.InvariantCulture)];
            request.EndedAt = root.GetProperty("time").GetDateTimeOffset().ToUnixTimeMilliseconds();
            request.Charged = (short)root.GetProperty("cost_cents").GetDouble();
            request.ChargedTokens = (short)(root.GetProperty("input_tokens").GetInt32() + root.GetProperty("output_tokens").GetInt32());
            request.Outcome = string.Intern(root.GetProperty("outcome").GetString()!);
            request.IsLogged = true;
        }
        catch (JsonException)
        {
            // Half a line of one that was killed.
        }
    }
}
