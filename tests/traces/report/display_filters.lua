-- Prints for each argument, which is a display filter, a line: the numbers of the frames that it
-- lets through, each after a space.

local filters = { ... }
local taps = {}
local frames = {}

for i, text in ipairs(filters) do
  frames[i] = { "frames:" }
  taps[i] = Listener.new("frame", text)
  taps[i].packet = function(pinfo)
    table.insert(frames[i], tostring(pinfo.number))
  end
end

-- Called for each tap, at the end: the first writes for all.
if taps[1] then
  taps[1].draw = function()
    for i = 1, #filters do
      print(table.concat(frames[i], " "))
    end
  end
end
